/** Power loss: what was acknowledged is there, though everything that was not synced is gone. */
import t from 'tap';
import { isClean } from '../integration/kill-rounds.js';
import { PowerCluster } from './power-cluster.js';

/** The long form is `npm run power-report`. */
const CUTS = 3;
const KEYS = 60;

t.test('the power of all nodes is cut in the middle of a load', async (t) => {
  const power = await PowerCluster.start(t, KEYS);
  const lost = await power.cutWithoutSync();
  t.ok(lost > 0, `the control: of what was never synced, ${lost} keys are found lost`);
  for (let n = 1; n <= CUTS; n += 1) {
    const cut = await power.cut();
    const { disks, syncedLeft, unsyncedLeft } = cut.probes;
    t.strictSame([syncedLeft, unsyncedLeft], [disks, 0], 'the cut dropped what was not synced');
    t.ok(isClean(cut), `cut ${n}: nothing lost, every start clean`, { cut });
    t.equal(cut.keysKept, KEYS);
    t.ok(cut.acknowledged > 0, `${cut.acknowledged} writes were acknowledged`);
  }
  t.ok(power.load.tally.unknown > 0, 'some writes were under way when the power went');
  t.equal(await power.stop(), 0);
});
