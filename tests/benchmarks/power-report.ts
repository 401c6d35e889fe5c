/** `npm run power-report -- --cuts 30`: the power of all nodes is cut under load. Needs root. */
import { parseArgs } from 'node:util';
import { whyNoPowerCut } from '../power/disk-images.js';
import { PowerCluster } from '../power/power-cluster.js';
import { processOwner } from './owner.js';
import { RoundsReport } from './rounds-report.js';
import { wholeNumber } from '../whole-number.js';

const { values } = parseArgs({
  options: {
    cuts: { type: 'string', default: '30' },
    keys: { type: 'string', default: '200' },
  },
});

/** Every how many cuts it is shown anew that a cut drops what was not synced. */
const CONTROL_EVERY = 10;
const keys = wholeNumber('--keys', values.keys);
const cuts = wholeNumber('--cuts', values.cuts);

async function run(): Promise<boolean> {
  const power = await PowerCluster.start(processOwner(), keys);
  const report = new RoundsReport('the power of all nodes is cut under load');
  let probesGood = true;
  const controls = { cuts: 0, found: 0 };
  for (let cut = 1; cut <= cuts; cut += 1) {
    if (cut % CONTROL_EVERY === 1) {
      controls.cuts += 1;
      controls.found += (await power.cutWithoutSync()) > 0 ? 1 : 0;
    }
    const round = await power.cut();
    report.add(round);
    const { disks, syncedLeft, unsyncedLeft } = round.probes;
    if (syncedLeft === disks && unsyncedLeft === 0) continue;
    probesGood = false;
    console.log(`! of ${disks} probes ${syncedLeft} synced, ${unsyncedLeft} unsynced are left`);
  }
  const status = await power.stop();
  for (const [reason, count] of power.load.tally.reasons) console.log(`${count} x ${reason}`);
  console.log(`\n${report.summary()}`);
  console.log(`controls: in ${controls.found} of ${controls.cuts} cuts unsynced writes found lost`);
  return report.isClean && probesGood && controls.found === controls.cuts && status === 0;
}

const why = await whyNoPowerCut();
if (why === undefined) {
  process.exitCode = (await run()) ? 0 : 1;
} else {
  console.log(`NOT RUN: power loss (${why})`);
  process.exitCode = 2;
}
