/** Siblings: the laws of merge and write, against sets. */
import fc from 'fast-check';
import t from 'tap';
import type { Context } from '../../../lib/versioning/context.js';
import { covers, EMPTY_CONTEXT } from '../../../lib/versioning/context.js';
import { compareDots, dotText } from '../../../lib/versioning/dot.js';
import type { Siblings, Version } from '../../../lib/versioning/siblings.js';
import { find, fingerprint, liveVersions, merge, write } from '../../../lib/versioning/siblings.js';
import {
  anyContext,
  anySiblings,
  dotsOf,
  plainSiblings,
  sameSiblings,
  versionUnder,
  WRITERS,
} from './arbitraries.js';

const RUNS = { numRuns: 10_000 };

function isSound({ context, versions }: Siblings): boolean {
  return versions.every((version, i) => {
    const next = versions[i + 1];
    const ordered = next === undefined || compareDots(version.dot, next.dot) < 0;
    return ordered && covers(context, version.dot);
  });
}

t.test('merge is commutative, associative and idempotent', async () => {
  fc.assert(
    fc.property(anySiblings, anySiblings, anySiblings, (a, b, c) => {
      const ab = merge(a, b);
      return (
        sameSiblings(ab, merge(b, a)) &&
        sameSiblings(merge(ab, c), merge(a, merge(b, c))) &&
        sameSiblings(merge(a, a), a)
      );
    }),
    RUNS,
  );
});

t.test('merge keeps what both hold, and what the other side has not seen', async () => {
  fc.assert(
    fc.property(anySiblings, anySiblings, (a, b) => {
      const [held, other] = [a, b].map(({ versions }) => versions.map(({ dot }) => dotText(dot)));
      const [seen, theirs] = [dotsOf(a.context), dotsOf(b.context)];
      const kept = [
        ...(held ?? []).filter((dot) => other?.includes(dot) || !theirs.has(dot)),
        ...(other ?? []).filter((dot) => !seen.has(dot)),
      ];
      const merged = merge(a, b);
      const dots = merged.versions.map(({ dot }) => dotText(dot));
      return isSound(merged) && JSON.stringify(dots) === JSON.stringify(kept.sort());
    }),
    RUNS,
  );
});

t.test('merge returns the side to which the other adds nothing', async () => {
  fc.assert(
    fc.property(anySiblings, anySiblings, (a, b) => {
      const ab = merge(a, b);
      return (
        merge(ab, a) === ab &&
        (merge(b, ab) === ab || (merge(b, ab) === b && sameSiblings(ab, b))) &&
        (!sameSiblings(ab, a) || ab === a) &&
        (!sameSiblings(ab, b) || ab === b || ab === a)
      );
    }),
    RUNS,
  );
});

t.test('a stub beats the value under its dot, on whichever side it is', async (t) => {
  const dot = { writer: WRITERS[0] ?? '', n: 1 };
  const context: Context = { vector: new Map([[dot.writer, 1]]), beyond: [] };
  const value: Siblings = { epoch: 1, context, versions: [versionUnder(dot, 'value')] };
  const stub: Siblings = { epoch: 1, context, versions: [versionUnder(dot, 'stub')] };
  t.equal(merge(value, stub), stub);
  t.equal(merge(stub, value), stub);
  // With others on both sides: neither is the merge of the two.
  const other = (n: number, held: Siblings): Siblings => {
    const beside = { writer: WRITERS[1] ?? '', n };
    const versions = [...held.versions, versionUnder(beside, 'value')];
    return { epoch: 1, context: { vector: context.vector, beyond: [beside] }, versions };
  };
  for (const [a, b] of [
    [other(2, value), other(3, stub)],
    [other(2, stub), other(3, value)],
  ] as const) {
    const merged = merge(a, b);
    t.equal(merged.versions.length, 3);
    t.equal(find(merged, dot)?.state, 'stub');
  }
  t.not(fingerprint(value), fingerprint(stub));
});

t.test('a write drops what its writer had seen, adds its own, and covers both', async () => {
  const writer = 'd.1.0123456789ab';
  const own = fc.option(anySiblings, { nil: undefined });
  fc.assert(
    fc.property(own, anyContext, fc.integer({ min: 1, max: 9 }), (own, seen, n) => {
      const version = versionUnder({ writer, n }, 'value');
      const after = write(own, seen, version, 2);
      const kept = (own?.versions ?? []).filter((other) => !covers(seen, other.dot));
      const both = [...dotsOf(seen), ...dotsOf(own?.context ?? EMPTY_CONTEXT)];
      const covered = dotsOf(after.context);
      return (
        isSound(after) &&
        after.versions.length === kept.length + 1 &&
        kept.every((other) => find(after, other.dot) === other) &&
        find(after, version.dot) === version &&
        both.every((dot) => covered.has(dot)) &&
        covered.size === new Set(both).size + n &&
        after.epoch === Math.max(2, own?.epoch ?? 0)
      );
    }),
    RUNS,
  );
});

t.test('a copy of a write supersedes on every other replica what its writer had seen', async () => {
  const version = versionUnder({ writer: 'd.1.0123456789ab', n: 1 }, 'tombstone');
  fc.assert(
    fc.property(anySiblings, anySiblings, anyContext, (own, other, seen) => {
      const merged = merge(other, write(own, seen, version, 1));
      return other.versions.every(
        ({ dot }) => !covers(seen, dot) || find(merged, dot) === undefined,
      );
    }),
    RUNS,
  );
});

t.test('equal fingerprints are equal sets of dots and stubs, whatever the contexts', async (t) => {
  const held = ({ versions }: Siblings): unknown =>
    versions.map(({ dot, state }) => [dotText(dot), state === 'stub']);
  fc.assert(
    fc.property(anySiblings, anySiblings, (a, b) => {
      const alike = JSON.stringify(held(a)) === JSON.stringify(held(b));
      return alike === (fingerprint(a) === fingerprint(b));
    }),
    RUNS,
  );
  t.equal(fingerprint(undefined), '');
});

t.test('a dot is minted once', async (t) => {
  const version = versionUnder({ writer: WRITERS[0] ?? '', n: 1 }, 'value');
  const own = write(undefined, EMPTY_CONTEXT, version, 1);
  t.throws(() => write(own, EMPTY_CONTEXT, version, 1), /a dot is minted once/);
});

t.test('readers see values whose time has not ended', async (t) => {
  const rows: [Partial<Version>, boolean][] = [
    [{}, true],
    [{ expiresAt: 1_001 }, true],
    [{ expiresAt: 1_000 }, false],
    [{ state: 'tombstone' }, false],
    [{ state: 'stub' }, false],
  ];
  for (const [fields, seen] of rows) {
    const version = { ...versionUnder({ writer: WRITERS[0] ?? '', n: 1 }, 'value'), ...fields };
    const state = write(undefined, EMPTY_CONTEXT, version, 1);
    t.equal(liveVersions(state, 1_000).length, seen ? 1 : 0, JSON.stringify(fields));
    t.ok(plainSiblings(state));
  }
  t.strictSame(liveVersions(undefined, 0), []);
});

t.test('very many siblings are merged, filtered and superseded in no time', async (t) => {
  const writer = WRITERS[0] ?? '';
  const count = 40_000;
  const half = (odd: number): Siblings => ({
    epoch: 1,
    context: { vector: new Map([[writer, count]]), beyond: [] },
    versions: Array.from({ length: count / 2 }, (_, i) =>
      versionUnder({ writer, n: 2 * i + 1 + odd }, 'value'),
    ),
  });
  const began = performance.now();
  t.equal(merge(half(0), half(1)).versions.length, 0, 'each covers what the other holds');
  t.equal(merge(half(0), half(0)).versions.length, count / 2);
  t.ok(performance.now() - began < 1_000, 'milliseconds, and not the square of them');
});
