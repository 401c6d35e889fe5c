/** How fast a target takes hints: a table, and what no series of messages can get around. */
import fc from 'fast-check';
import t from 'tap';
import { fullBucket, paceOf, take, within } from '../../../lib/hints/pace.js';

interface Row {
  readonly name: string;
  readonly perSecond: number;
  readonly batchSize: number;
  readonly tokens: number;
  readonly share?: number;
  readonly queueFill: number;
  readonly hints: number;
  readonly afterMilliseconds: number;
}

const usual = { perSecond: 4_000, batchSize: 64 };
const TABLE: readonly Row[] = [
  { name: 'a full bucket', ...usual, tokens: 64, queueFill: 0, hints: 20, afterMilliseconds: 0 },
  { name: 'an empty one', ...usual, tokens: 0, queueFill: 0, hints: 20, afterMilliseconds: 5 },
  { name: 'half', ...usual, tokens: 10, queueFill: 0, hints: 20, afterMilliseconds: 3 },
  { name: 'in debt', ...usual, tokens: -64, queueFill: 0, hints: 20, afterMilliseconds: 21 },
  { name: 'a disk behind', ...usual, tokens: 0, queueFill: 0.25, hints: 10, afterMilliseconds: 5 },
  { name: 'far behind', ...usual, tokens: 0, queueFill: 0.6, hints: 5, afterMilliseconds: 5 },
  {
    name: 'clients wait',
    ...usual,
    tokens: 0,
    share: 0.1,
    queueFill: 0,
    hints: 2,
    afterMilliseconds: 5,
  },
  {
    name: 'clients wait, and the disk is behind: the scarcer counts',
    ...usual,
    tokens: 0,
    share: 0.25,
    queueFill: 0.25,
    hints: 5,
    afterMilliseconds: 5,
  },
  {
    name: 'a full queue',
    ...usual,
    tokens: 64,
    queueFill: 0.75,
    hints: 1,
    afterMilliseconds: 1000,
  },
  {
    name: 'full, and the rate is low',
    perSecond: 1,
    batchSize: 1,
    tokens: -2,
    queueFill: 0.75,
    hints: 1,
    afterMilliseconds: 3000,
  },
  {
    name: 'a low rate',
    perSecond: 10,
    batchSize: 64,
    tokens: 0,
    queueFill: 0,
    hints: 1,
    afterMilliseconds: 100,
  },
  {
    name: 'a small message',
    perSecond: 4_000,
    batchSize: 1,
    tokens: -1,
    queueFill: 0,
    hints: 1,
    afterMilliseconds: 1,
  },
];

t.test('the table', async (t) => {
  for (const { name, tokens, share = 1, queueFill, hints, afterMilliseconds, ...limits } of TABLE) {
    const load = { share, queueFill };
    const pace = paceOf({ tokens, atMilliseconds: 0 }, limits, load);
    t.strictSame(pace, { hints, afterMilliseconds }, name);
  }
});

t.test('holders that keep to it stay within the rate, all together', async (t) => {
  const rates = fc.record({
    perSecond: fc.integer({ min: 1, max: 10_000 }),
    batchSize: fc.integer({ min: 1, max: 200 }),
  });
  const load = fc.record({
    share: fc.double({ min: 0.01, max: 1, noNaN: true }),
    queueFill: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const loads = fc.array(load, { minLength: 1 });
  const holders = fc.integer({ min: 1, max: 4 });
  await fc.assert(
    fc.property(rates, holders, loads, (limits, count, loads) => {
      let bucket = fullBucket(limits, 0);
      const due = Array.from({ length: count }, () => ({ at: 0, hints: limits.batchSize }));
      let taken = 0;
      let now = 0;
      for (let step = 0; step < 200; step += 1) {
        const next = due.toSorted((a, b) => a.at - b.at)[0];
        if (next === undefined) return false;
        now = Math.max(now, next.at);
        taken += next.hints;
        bucket = take(bucket, next.hints, limits, now);
        const load = loads[step % loads.length] ?? { share: 1, queueFill: 0 };
        const pace = paceOf(bucket, limits, load);
        next.at = now + pace.afterMilliseconds;
        next.hints = within(pace, limits.batchSize).hints;
      }
      const most = (limits.perSecond * now) / 1000 + limits.batchSize * (count + 1);
      return taken <= most + 1;
    }),
    { numRuns: 20_000 },
  );
  t.pass('so they do');
});

t.test('time that stands still or goes back gives no tokens, idle time one message', async (t) => {
  const bucket = take(fullBucket(usual, 1_000), 64, usual, 1_000);
  t.equal(take(bucket, 0, usual, 1_000).tokens, 0);
  t.equal(take(bucket, 0, usual, 500).tokens, 0);
  t.equal(take(bucket, 0, usual, 3_600_000).tokens, 64);
});

t.test('a holder asks again, whatever it is told', async (t) => {
  t.strictSame(within({ hints: 0, afterMilliseconds: -5 }, 8), { hints: 1, afterMilliseconds: 0 });
  const never = { hints: 1e9, afterMilliseconds: 1e12 };
  t.strictSame(within(never, 8), { hints: 8, afterMilliseconds: 30_000 });
});
