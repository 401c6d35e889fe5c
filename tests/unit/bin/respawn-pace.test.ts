/** A node that ends again and again is started again ever later, and at last not at all. */
import t from 'tap';
import { RespawnPace } from '../../../bin/cluster/respawn-pace.js';

const MINUTE = 60_000;

t.test(
  'failed starts wait longer each time, and end; a node that served begins anew',
  async (t) => {
    const pace = new RespawnPace(0);
    t.equal(pace.served(0), 0, 'one that served is back as soon as was asked for');
    const pauses: (number | undefined)[] = [];
    do pauses.push(pace.failed());
    while (pauses.at(-1) !== undefined && pauses.length < 100);
    t.equal(pauses.length, 10);
    t.same(pauses.slice(0, 3), [200, 400, 800]);
    t.equal(pace.served(1), 0);
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

t.test('a node that serves and dies at once, again and again, is thrashing', async (t) => {
  const pace = new RespawnPace(1000);
  const pauses: (number | undefined)[] = [];
  let now = 0;
  do {
    const pause = pace.served(now);
    pauses.push(pause);
    now += (pause ?? 0) + 2000;
  } while (pauses.at(-1) !== undefined && pauses.length < 100);
  t.same(pauses.slice(0, 8), [1000, 1000, 1000, 1000, 1000, 2000, 4000, 8000]);
  t.equal(pauses.length, 15, 'then nobody starts it but a person');
});

t.test('deaths that lie apart are no thrashing', async (t) => {
  const pace = new RespawnPace(1000);
  const pauses = Array.from({ length: 100 }, (_, i) => pace.served(i * 3 * MINUTE));
  t.same(new Set(pauses), new Set([1000]));
});
