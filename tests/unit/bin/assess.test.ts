/** What an assessment reads, and what follows from the numbers alone. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { analyse, costOf, unjustified } from '../../../bin/assess/analysis.js';
import { type AssessConfig, parseAssessConfig } from '../../../bin/assess/assess-config.js';
import { runWords } from './fake-terminal.js';

const CART = readFileSync('config/shopping-cart.json', 'utf8');
const PLAIN = {
  ...{ followers: 2, write_quorum: 2, read_quorum: 2, auto_spawn: true, auto_spawn_delay: '1s' },
  ...{ rate_limit_max: 100, rate_limit_window: '10s' },
};
const parse = (changed: object): AssessConfig =>
  parseAssessConfig(JSON.stringify({ ...PLAIN, ...changed }), 'cluster.json');

t.test('the example is read, and every decision has its reason', async (t) => {
  const config = parseAssessConfig(CART, 'shopping-cart.json');
  t.match(config, { nodes: 3, writeQuorum: 2, readQuorum: 2, autoSpawnDelayMilliseconds: 1000 });
  t.same(unjustified(config), []);
  t.match(costOf(config, 10, 50), { perHour: 30, isWithin: true });
  t.equal(unjustified(parse({ justifications: { followers: ' ' } })).length, 7);
});

t.test('a bare number is milliseconds, as in headers; the window has whole seconds', async (t) => {
  t.equal(parse({ auto_spawn_delay: 250 }).autoSpawnDelayMilliseconds, 250);
  t.equal(parse({ rate_limit_window: 10_000 }).rateLimitWindow, '10s');
  for (const [changed, message] of [
    [{ write_quorum: 4 }, /write_quorum: 4 replicas are asked for, and 3 nodes hold 3 copies/],
    [{ followers: -1 }, /followers: /],
    [{ rate_limit_window: 60 }, /rate_limit_window: .*whole seconds/],
    [{ rate_limit_window: '10x' }, /rate_limit_window: must be a duration/],
    [{ auto_spawn: 'yes' }, /auto_spawn: /],
    [{ shards: 3 }, /shards/],
    [{ justifications: { shards: 'x' } }, /shards/],
  ] as const) {
    t.throws(() => parse(changed), { code: 'invalid_request', message });
  }
  t.throws(() => parseAssessConfig('{', 'x'), { message: /^x is not JSON/ });
});

t.test('the quorums are held against N', async (t) => {
  for (const [followers, write_quorum, read_quorum, meet, tolerated] of [
    [2, 2, 2, true, 1],
    [2, 1, 1, false, 2],
    [2, 3, 1, true, 0],
    [4, 3, 3, true, 2],
    [4, 2, 3, false, 2],
    [0, 1, 1, true, 0],
  ] as const) {
    const { quorumsMeet, failuresTolerated } = analyse(
      parse({ followers, write_quorum, read_quorum }),
    );
    t.equal(quorumsMeet, meet, `W ${write_quorum}, R ${read_quorum}, N ${followers + 1}`);
    t.equal(failuresTolerated, tolerated);
  }
  t.match(analyse(parse({ write_quorum: 1 })).failures, /on one disk alone$/);
  t.match(costOf(parse({ followers: 5 }), 10, 50), { perHour: 60, isWithin: false });
});

t.test('a file that cannot be starts nothing', async (t) => {
  const { status, err } = await runWords(['assess', '--config', 'package.json']);
  t.equal(status, 2);
  t.match(err, /package.json: followers: /);
  t.match((await runWords(['assess'])).err, /--config is needed/);
});
