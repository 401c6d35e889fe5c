/** Random dots, contexts and states for the tests of versioning, and a naive model of them. */
import fc from 'fast-check';
import type { Context } from '../../../lib/versioning/context.js';
import { joinContexts } from '../../../lib/versioning/context.js';
import type { Dot } from '../../../lib/versioning/dot.js';
import { compareDots, dotText } from '../../../lib/versioning/dot.js';
import type { Siblings, Version, VersionState } from '../../../lib/versioning/siblings.js';

export const WRITERS = ['a.1.0123456789ab', 'b.2.0123456789ab', 'c.3.0123456789ab'];
const N_MAX = 5;

/** Every dot that the contexts below can speak of. */
export const ALL_DOTS: readonly Dot[] = WRITERS.flatMap((writer) =>
  Array.from({ length: N_MAX }, (_, i) => ({ writer, n: i + 1 })),
).sort(compareDots);

export const anyDot: fc.Arbitrary<Dot> = fc.constantFrom(...ALL_DOTS);

export const anyVector: fc.Arbitrary<ReadonlyMap<string, number>> = fc
  .array(fc.integer({ min: 0, max: N_MAX }), { minLength: 3, maxLength: 3 })
  .map((ns) => new Map(WRITERS.map((w, i) => [w, ns[i] ?? 0] as const).filter(([, n]) => n > 0)));

/** Brought to its canonical form by a join with nothing. */
export const anyContext: fc.Arbitrary<Context> = fc
  .tuple(anyVector, fc.uniqueArray(anyDot, { maxLength: 3, selector: dotText }))
  .map(([vector, beyond]) =>
    joinContexts({ vector, beyond: [] }, { vector: new Map(), beyond: beyond.sort(compareDots) }),
  );

/** The same dot has the same content wherever it is held. */
export function versionUnder(dot: Dot, state: VersionState): Version {
  const text = state === 'value' ? dotText(dot) : '';
  return {
    dot,
    state,
    contentType: state === 'value' ? 'text/plain' : '',
    value: Buffer.from(text),
    writtenAt: dot.n,
    expiresAt: undefined,
  };
}

/** A tombstone is one everywhere; what expires may be a value here and a stub there. */
function stateUnder(dot: Dot, isStub: boolean): VersionState {
  if (dot.n === 2) return 'tombstone';
  return isStub ? 'stub' : 'value';
}

/** Any context, and under it any of the dots that its vector covers, held. */
export const anySiblings: fc.Arbitrary<Siblings> = fc
  .record({
    epoch: fc.integer({ min: 1, max: 3 }),
    context: anyContext,
    held: fc.array(fc.tuple(anyDot, fc.boolean()), { maxLength: 5 }),
  })
  .map(({ epoch, context, held }) => {
    const versions = new Map<string, Version>();
    for (const [dot, isStub] of held) {
      if ((context.vector.get(dot.writer) ?? 0) < dot.n) continue;
      versions.set(dotText(dot), versionUnder(dot, stateUnder(dot, isStub)));
    }
    const sorted = [...versions.values()].sort((a, b) => compareDots(a.dot, b.dot));
    return { epoch, context, versions: sorted };
  });

/** The dots that a context covers, as texts. */
export function dotsOf({ vector, beyond }: Context): Set<string> {
  const dots = new Set(beyond.map(dotText));
  for (const [writer, last] of vector) {
    for (let n = 1; n <= last; n += 1) dots.add(dotText({ writer, n }));
  }
  return dots;
}

/** A state without the order of its parts, to compare by. */
export function plainSiblings({ epoch, context, versions }: Siblings): unknown {
  const vector = [...context.vector].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    epoch,
    vector,
    beyond: context.beyond.map(dotText),
    versions: versions.map((version) => [dotText(version.dot), version.state]),
  };
}

/** Do they cover the same dots, and are they written alike? */
export function sameContext(a: Context, b: Context): boolean {
  const plain = (context: Context): unknown => plainSiblings({ epoch: 0, context, versions: [] });
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

export function sameSiblings(a: Siblings, b: Siblings): boolean {
  return JSON.stringify(plainSiblings(a)) === JSON.stringify(plainSiblings(b));
}
