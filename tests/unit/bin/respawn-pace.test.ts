/** Nodes that do not come up are started again ever later, and at last not at all. */
import t from 'tap';
import { RespawnPace } from '../../../bin/cluster/respawn-pace.js';

t.test(
  'failed starts wait longer each time, and end; a node that served begins anew',
  async (t) => {
    const pace = new RespawnPace(0);
    t.equal(pace.served(), 0, 'one that served is back as soon as was asked for');
    const pauses: (number | undefined)[] = [];
    do pauses.push(pace.failed());
    while (pauses.at(-1) !== undefined && pauses.length < 100);
    t.equal(pauses.length, 10);
    t.same(pauses.slice(0, 3), [200, 400, 800]);
    t.equal(pace.served(), 0);
    t.equal(pace.failed(), 200);
  },
);

t.test('a pause is at least what was asked for, and at most a minute, or that', async (t) => {
  const slow = new RespawnPace(300_000);
  t.equal(slow.failed(), 300_000);
  const usual = new RespawnPace(5000);
  const pauses = Array.from({ length: 9 }, () => usual.failed() ?? 0);
  t.same(pauses.slice(0, 4), [10_000, 20_000, 40_000, 60_000]);
  t.equal(Math.max(...pauses), 60_000);
});
