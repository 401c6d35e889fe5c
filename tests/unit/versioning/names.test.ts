/** The small words of versioning: dots, writers, vectors, hybrid times. */
import fc from 'fast-check';
import t from 'tap';
import { compareDots, dotText, parseDot, sameDot } from '../../../lib/versioning/dot.js';
import { HybridClock, millisecondsOf } from '../../../lib/versioning/hybrid-clock.js';
import {
  dominates,
  EMPTY_VECTOR,
  joinVectors,
  vectorCovers,
  withDot,
} from '../../../lib/versioning/version-vector.js';
import { freshWriter, isNodeId, isWriter, nodeOf } from '../../../lib/versioning/writer.js';
import { ALL_DOTS, anyDot, anyVector } from './arbitraries.js';

const RUNS = { numRuns: 10_000 };
const node = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/);
const start = fc.integer({ min: 1, max: 2 ** 40 });
const six = fc.uint8Array({ minLength: 6, maxLength: 6 });

t.test('a writer names its node, and its dots are read back', async () => {
  fc.assert(
    fc.property(node, start, six, fc.integer({ min: 1, max: 1e15 - 1 }), (id, start, bytes, n) => {
      const writer = freshWriter(id, start, { fraction: () => 0, bytes: () => bytes });
      const read = parseDot(dotText({ writer, n }));
      return (
        isWriter(writer) &&
        nodeOf(writer) === id &&
        read !== undefined &&
        sameDot(read, { writer, n })
      );
    }),
    RUNS,
  );
});

t.test('what is no dot is none', async (t) => {
  const good = 'n1.1.0123456789ab.7';
  t.strictSame(parseDot(good), { writer: 'n1.1.0123456789ab', n: 7 });
  const bad = ['', '.', '7', 'n1.1.0123456789ab', 'n1.1.0123456789ab.0', 'n1.1.0123456789ab.07'];
  bad.push('n1.1.0123456789ab.-1', 'n1.1.0123456789ab.1e3', 'n1.1.0123456789AB.1', ` ${good}`);
  bad.push('N1.1.0123456789ab.1', `${good}\n`, 'n1.1.0123456789ab.9999999999999999', `x${good}.`);
  for (const text of bad) t.equal(parseDot(text), undefined, text);
  fc.assert(
    fc.property(fc.string(), (text) => {
      const dot = parseDot(text);
      return dot === undefined || dotText(dot) === text;
    }),
    RUNS,
  );
});

t.test('node ids are lower case, digits and hyphens', async (t) => {
  for (const id of ['n1', '0', 'a-b-', 'x'.repeat(63)]) t.ok(isNodeId(id), id);
  for (const id of ['', '-a', 'A', 'a.b', 'a\n', 'x'.repeat(64), 'é']) t.notOk(isNodeId(id), id);
  const random = { fraction: () => 0, bytes: (count: number) => new Uint8Array(count) };
  for (const [id, start] of [
    ['N', 1],
    ['n', 0],
    ['n', 1.5],
  ] as const) {
    t.throws(() => freshWriter(id, start, random), /a writer has a node and a start/);
  }
});

t.test('dots have one total order', async () => {
  fc.assert(
    fc.property(anyDot, anyDot, anyDot, (a, b, c) => {
      const antisymmetric = Math.sign(compareDots(a, b)) === -Math.sign(compareDots(b, a));
      const equal = (compareDots(a, b) === 0) === sameDot(a, b);
      const chain = compareDots(a, b) > 0 || compareDots(b, c) > 0 || compareDots(a, c) <= 0;
      return antisymmetric && equal && chain;
    }),
    RUNS,
  );
});

t.test(
  'a joined vector covers what either covers; one of the two where that suffices',
  async () => {
    fc.assert(
      fc.property(anyVector, anyVector, anyDot, (a, b, dot) => {
        const joined = joinVectors(a, b);
        return (
          ALL_DOTS.every(
            (one) => vectorCovers(joined, one) === (vectorCovers(a, one) || vectorCovers(b, one)),
          ) &&
          dominates(joined, a) &&
          dominates(joined, b) &&
          dominates(a, b) ===
            ALL_DOTS.every((one) => !vectorCovers(b, one) || vectorCovers(a, one)) &&
          (!dominates(a, b) || joined === a) &&
          joinVectors(EMPTY_VECTOR, a) === (a.size === 0 ? EMPTY_VECTOR : a) &&
          vectorCovers(withDot(a, dot), dot) &&
          dominates(withDot(a, dot), a)
        );
      }),
      RUNS,
    );
  },
);

t.test('hybrid times go forwards when the wall clock does not', async () => {
  const walls = fc.array(fc.double({ min: 0, max: 4e12, noNaN: true }), { minLength: 2 });
  fc.assert(
    fc.property(walls, (times) => {
      let wall = 0;
      const clock = new HybridClock(() => wall);
      let last = -1;
      let highest = 0;
      return times.every((time) => {
        wall = time;
        highest = Math.max(highest, Math.floor(time));
        const now = clock.now();
        const forwards = now > last && Number.isSafeInteger(now);
        last = now;
        return forwards && millisecondsOf(now) === highest;
      });
    }),
    { numRuns: 2_000 },
  );
});
