/** What owners have sent during a rebuild: held against names, and how much room it takes. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import t from 'tap';
import { CompactDots } from '../../../lib/versioning/compact-dots.js';
import { type Dot, dotText } from '../../../lib/versioning/dot.js';

const WRITERS = ['n1.1.0123456789ab', 'n2.1.0123456789ab'];
const anyDot: fc.Arbitrary<Dot> = fc.record({
  writer: fc.constantFrom(...WRITERS),
  n: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 2 ** 40, max: 2 ** 40 + 70 })),
});

t.test('it holds what was added, and nothing beside it', async () => {
  fc.assert(
    fc.property(fc.array(anyDot), fc.array(anyDot), fc.array(anyDot), (some, more, asked) => {
      const [dots, others] = [new CompactDots(), new CompactDots()];
      for (const dot of some) dots.add(dot);
      for (const dot of more) others.add(dot);
      dots.addAll(others);
      const names = new Set([...some, ...more].map(dotText));
      return [...some, ...more, ...asked].every((dot) => dots.has(dot) === names.has(dotText(dot)));
    }),
    { numRuns: 1_000 },
  );
});

t.test('a version takes few bytes, and none more than its name', async (t) => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const count = 200_000;
  for (const [every, most] of [
    [1, 4],
    [4, 12],
    [100, 80],
  ] as const) {
    const dots = new CompactDots();
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let i = 1; i <= count; i += 1) {
      dots.add({ writer: WRITERS[i % 2] ?? '', n: Math.ceil(i / 2) * every });
    }
    collectGarbage();
    const bytes = (process.memoryUsage().heapUsed - before) / count;
    t.ok(bytes < most, `each ${every}th number: ${bytes.toFixed(1)} bytes`);
    t.ok(dots.has({ writer: WRITERS[0] ?? '', n: (count / 2) * every }));
  }
});
