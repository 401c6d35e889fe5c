/** Every level on real nodes, killed and cut apart: a short run of `npm run mixed-levels`. */
import t from 'tap';
import { ComparedCluster } from '../../bin/compare/compared-cluster.js';
import { Endpoint } from '../mixed-levels/endpoint.js';
import { MixedRound } from '../mixed-levels/mixed-round.js';
import { SeededRandom } from '../simulation/seeded-random.js';
import { freeBasePort } from './real-cluster.js';

const NODES = 5;
const ROUNDS = [1, 3];
const OPERATIONS = 1500;

t.test('five nodes, cut off and killed: all answers pass all checkers', async (t) => {
  const cluster = await ComparedCluster.start(NODES, await freeBasePort());
  const endpoints = cluster.endpoints.map((url) => new Endpoint(url));
  t.teardown(async () => {
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    await cluster.stop();
  });
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  const random = new SeededRandom(1, 'mixed levels');
  for (const round of ROUNDS) {
    const common = { cluster, endpoints, random, count, clients: 16 };
    const run = new MixedRound({ ...common, round, operations: OPERATIONS });
    const { findings, operations } = await run.run();
    t.strictSame(findings, [], `round ${round}`);
    t.ok(operations >= OPERATIONS);
  }
  t.equal(counts.get('node cut off'), 2);
  t.equal(counts.get('node killed'), 2);
  for (const level of ['strong', 'session', 'causal', 'quorum', 'one']) {
    t.ok((counts.get(`get: ${level}`) ?? 0) > 0, `read at ${level}`);
    t.ok((counts.get(`write: ${level}`) ?? 0) > 0, `written at ${level}`);
  }
});
