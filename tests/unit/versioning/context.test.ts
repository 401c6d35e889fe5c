/** Contexts against sets of dots: what is covered, joined, and seen after a write. */
import fc from 'fast-check';
import t from 'tap';
import {
  covers,
  EMPTY_CONTEXT,
  joinContexts,
  seenAfter,
  withMinted,
} from '../../../lib/versioning/context.js';
import { dotText } from '../../../lib/versioning/dot.js';
import { ALL_DOTS, anyContext, anyDot, dotsOf, WRITERS, sameContext } from './arbitraries.js';

const RUNS = { numRuns: 10_000 };

t.test('a context covers the dots of its set, and no other', async () => {
  fc.assert(
    fc.property(anyContext, anyDot, (context, dot) => {
      return covers(context, dot) === dotsOf(context).has(dotText(dot));
    }),
    RUNS,
  );
});

t.test('a join is the union; canonical, commutative, associative, idempotent', async () => {
  fc.assert(
    fc.property(anyContext, anyContext, anyContext, (a, b, c) => {
      const joined = joinContexts(a, b);
      const union = new Set([...dotsOf(a), ...dotsOf(b)]);
      const covered = ALL_DOTS.filter((dot) => covers(joined, dot)).map(dotText);
      return (
        covered.length === union.size &&
        covered.every((dot) => union.has(dot)) &&
        joined.beyond.every((dot) => (joined.vector.get(dot.writer) ?? 0) < dot.n) &&
        sameContext(joined, joinContexts(b, a)) &&
        sameContext(joinContexts(joined, c), joinContexts(a, joinContexts(b, c))) &&
        joinContexts(a, a) === a &&
        joinContexts(a, EMPTY_CONTEXT) === a &&
        sameContext(joinContexts(EMPTY_CONTEXT, a), a) &&
        joinContexts(joined, a) === joined
      );
    }),
    RUNS,
  );
});

t.test('after a write its writer has seen what it had seen, and the write', async () => {
  const writer = WRITERS[0] ?? '';
  fc.assert(
    fc.property(anyContext, anyContext, (seen, other) => {
      // The minting replica holds or covers all that its writer wrote to the key: up to `last`.
      const last = Math.max(other.vector.get(writer) ?? 0, seen.vector.get(writer) ?? 0);
      const own = joinContexts(other, { vector: new Map([[writer, last]]), beyond: [] });
      const dot = { writer, n: last + 2 };
      const mayHaveSeen = seen.beyond.filter((one) => one.writer !== writer || one.n <= last);
      const before = { vector: seen.vector, beyond: mayHaveSeen };
      const after = seenAfter(before, dot, own);
      const expected = new Set([...dotsOf(before), dotText(dot)]);
      // `last + 1` went to another key of the partition, so a vector may cover it.
      const covered = [...dotsOf(after)].filter((one) => one !== `${writer}.${last + 1}`);
      return covered.length === expected.size && covered.every((one) => expected.has(one));
    }),
    RUNS,
  );
});

t.test('the vector takes in what was beyond it', async (t) => {
  const dot = { writer: 'a.1.0123456789ab', n: 4 };
  const seen = seenAfter(EMPTY_CONTEXT, dot, { vector: new Map([[dot.writer, 3]]), beyond: [] });
  t.strictSame(seen.beyond, [dot]);
  t.notOk(covers(seen, { ...dot, n: 3 }));
  const minted = withMinted(seen, { ...dot, n: 5 });
  t.strictSame(minted.beyond, []);
  t.ok(covers(minted, dot));
});
