/** All nodes killed at once under load: what was acknowledged is there, each start is clean. */
import { join } from 'node:path';
import t from 'tap';
import { CheckedLoad } from './checked-load.js';
import { isClean, killRound } from './kill-rounds.js';
import { freeBasePort, RealCluster } from './real-cluster.js';

/** The long form is `npm run kill-report`. */
const ROUNDS = 3;
const KEYS = 60;

t.test('three nodes, killed together, again and again', async (t) => {
  const cluster = await RealCluster.start(t, join(t.testdir(), 'data'), [
    ...['--base-port', String(await freeBasePort())],
    ...['--partitions', '64'],
  ]);
  const load = new CheckedLoad({
    endpoints: cluster.announced.nodes.map(({ url }) => url),
    ...{ keyCount: KEYS, workers: 12 },
  });
  t.teardown(() => load.close());
  for (let round = 1; round <= ROUNDS; round += 1) {
    const result = await killRound(cluster, load, round, () => cluster.killAll());
    t.ok(isClean(result), `round ${round}: nothing lost, every start clean`, { result });
    t.equal(result.keysKept, KEYS);
    t.ok(result.acknowledged > 0, `${result.acknowledged} writes were acknowledged`);
  }
  t.strictSame(
    [...load.tally.reasons.keys()].filter((reason) => reason.includes('load-')),
    [],
  );
  t.ok(load.tally.unknown > 0, 'some writes were under way when the nodes died');
  t.equal(await cluster.end('SIGTERM'), 0);
});
