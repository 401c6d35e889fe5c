/** Session tokens: laws of their union, the way into a text and back, and that they always fit. */
import fc from 'fast-check';
import t from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import type { Dot } from '../../../lib/versioning/dot.js';
import { countDots, dotSetOf, dotsIn, NO_DOTS } from '../../../lib/versioning/dot-set.js';
import { SessionSeal, TOKEN_CHARACTERS_MAX } from '../../../lib/versioning/session-seal.js';
import { encodePast, joinPasts } from '../../../lib/versioning/past.js';
import {
  FLAGS,
  type PartitionFloor,
  floorOf,
  isEmptyFloor,
  joinTokens,
  NOTHING_SEEN_YET,
  type SessionToken,
  withFloor,
  withoutStable,
} from '../../../lib/versioning/session-token.js';

const secret = Buffer.alloc(32, 7);
const seal = new SessionSeal(secret, () => 'c');
const WRITERS = ['n1.1.0123456789ab', 'n2.3k.fedcba987654', 'node-with-a-long-name.7.00112233aabb'];

const anyDot: fc.Arbitrary<Dot> = fc.record({
  writer: fc.constantFrom(...WRITERS),
  n: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2 ** 40 })),
});
const anyFloor: fc.Arbitrary<PartitionFloor> = fc
  .record({
    dots: fc.array(anyDot, { maxLength: 6 }),
    flag: fc.constantFrom(...FLAGS),
    one: fc.boolean(),
    mark: fc.nat({ max: 4 }),
  })
  .map(({ dots, one, ...rest }) => {
    return { ...rest, dots: dotSetOf(dots), one: one && dots.length > 0 };
  });

function tokenOf(
  epoch: number,
  rows: readonly (readonly [number, PartitionFloor])[],
): SessionToken {
  const floors = rows.filter(([, floor]) => !isEmptyFloor(floor));
  return { epoch, floors: new Map(floors) };
}

const anyToken = fc
  .tuple(
    fc.nat({ max: 9 }),
    fc.uniqueArray(fc.tuple(fc.nat({ max: 12 }), anyFloor), { selector: ([p]) => p, maxLength: 5 }),
  )
  .map(([epoch, rows]) => tokenOf(epoch, rows));

/** Comparable, whatever the order. */
function textOf({ epoch, floors }: SessionToken): string {
  const rows = [...floors]
    .sort(([a], [b]) => a - b)
    .map(([partition, { dots, flag, one, mark }]) => {
      const names = dotsIn(dots).map(({ writer, n }) => `${writer} ${n}`);
      return [partition, names.sort(), flag, one, mark];
    });
  return JSON.stringify([epoch, rows]);
}

/** Does a read that meets `more` meet `less`? */
function asksNoLess(more: PartitionFloor, less: PartitionFloor): boolean {
  const isFlagged = FLAGS.indexOf(more.flag) >= FLAGS.indexOf(less.flag);
  const hasAll = dotsIn(less.dots).every(({ writer, n }) => {
    return more.dots.get(writer)?.includes(n) === true;
  });
  return isFlagged && hasAll;
}

t.test(
  'the union of tokens is commutative, associative, idempotent, and loses nothing',
  async () => {
    fc.assert(
      fc.property(anyToken, anyToken, anyToken, (a, b, c) => {
        const ab = joinTokens(a, b);
        return (
          textOf(ab) === textOf(joinTokens(b, a)) &&
          textOf(joinTokens(ab, c)) === textOf(joinTokens(a, joinTokens(b, c))) &&
          joinTokens(a, a) === a &&
          joinTokens(ab, b) === ab &&
          joinTokens(NOTHING_SEEN_YET, a) === a &&
          [...b.floors].every(([partition, floor]) => asksNoLess(floorOf(ab, partition), floor))
        );
      }),
      { numRuns: 2000 },
    );
  },
);

t.test('`one` survives a union: a dot of one replica among dots of majorities', async (t) => {
  const [dot] = dotsIn(dotSetOf([{ writer: WRITERS[0] ?? '', n: 1 }]));
  const other = { writer: WRITERS[0] ?? '', n: 2 };
  const floor = { flag: 'none', mark: 0 } as const;
  const sure = tokenOf(1, [[3, { ...floor, dots: dotSetOf(dot ? [dot] : []), one: false }]]);
  const unsure = tokenOf(1, [[3, { ...floor, dots: dotSetOf([other]), one: true }]]);
  t.equal(floorOf(joinTokens(sure, unsure), 3).one, true);
  t.equal(floorOf(joinTokens(unsure, sure), 3).one, true);
});

t.test('a token comes back as it was', async () => {
  fc.assert(
    fc.property(anyToken, (token) => {
      const text = seal.seal(token);
      return textOf(new SessionSeal(secret, () => 'c').open(text)) === textOf(token);
    }),
    { numRuns: 2000 },
  );
});

function isRefused(open: () => unknown): boolean {
  try {
    open();
    return false;
  } catch (error) {
    return error instanceof OperatingError && error.code === 'invalid_session_token';
  }
}

t.test('what is forged, cut, or of another cluster is refused', async (t) => {
  fc.assert(
    fc.property(anyToken, fc.nat(), fc.nat({ max: 61 }), (token, at, other) => {
      const text = seal.seal(token);
      const place = at % text.length;
      const letter = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'.charAt(other);
      const forged = `${text.slice(0, place)}${letter}${text.slice(place + 1)}`;
      return forged === text || isRefused(() => seal.open(forged));
    }),
  );
  const text = seal.seal(NOTHING_SEEN_YET);
  t.ok(isRefused(() => seal.open(text.slice(0, -1))));
  t.ok(isRefused(() => seal.open('')));
  t.ok(isRefused(() => seal.open('é')));
  t.ok(isRefused(() => seal.open('A'.repeat(1_000_000))));
  t.ok(
    isRefused(() => new SessionSeal(secret, () => 'd').open(text)),
    'another cluster',
  );
});

t.test('a token always fits, and what finds no room is asked of more replicas', async (t) => {
  const large = fc
    .tuple(
      fc.integer({ min: 1, max: 4096 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
    )
    .map(([partitions, writers, dots, one]) => {
      let token = NOTHING_SEEN_YET;
      const floors = new Map<number, PartitionFloor>();
      for (let partition = 0; partition < partitions; partition += 1) {
        const of: Dot[] = [];
        for (let i = 0; i < (partition % 5 === 0 ? dots : 1); i += 1) {
          const writer = `n1.${(partition + i) % writers}.0123456789ab`;
          of.push({ writer, n: 1 + partition * 7 + i * 300 });
        }
        const isUnsure = one && partition % 2 === 0;
        floors.set(partition, { dots: dotSetOf(of), flag: 'none', one: isUnsure, mark: 1 });
      }
      token = { epoch: 1, floors };
      return token;
    });
  fc.assert(
    fc.property(large, (token) => {
      const text = seal.seal(token);
      if (text.length > TOKEN_CHARACTERS_MAX) return false;
      const opened = seal.open(text);
      return [...token.floors].every(([partition, floor]) => {
        const left = floorOf(opened, partition);
        if (countDots(left.dots) === countDots(floor.dots)) return left.one === floor.one;
        // All dots of a partition go together, and whoever may lack one is asked.
        return left.dots.size === 0 && left.flag === (floor.one ? 'all' : 'majority');
      });
    }),
    { numRuns: 100 },
  );
  const whole = tokenOf(1, [
    [
      5,
      { dots: dotSetOf([{ writer: 'n1.1.0123456789ab', n: 3 }]), flag: 'none', one: true, mark: 0 },
    ],
  ]);
  t.equal(textOf(seal.open(seal.seal(whole))), textOf(whole), 'what fits stays');
});

t.test('about 500 writers of partitions find room, or 1,500 dots of one', async (t) => {
  const wide = new Map<number, PartitionFloor>();
  for (let i = 0; i < 256; i += 1) {
    const dots = dotSetOf([{ writer: WRITERS[i % 3] ?? '', n: 100 + i }]);
    wide.set(i, { dots, flag: 'none', one: false, mark: 0 });
  }
  const opened = seal.open(seal.seal({ epoch: 1, floors: wide }));
  t.ok(
    [...opened.floors.values()].every(({ flag }) => flag === 'none'),
    'no flags',
  );
  const dots = Array.from({ length: 1500 }, (_, i) => ({ writer: WRITERS[0] ?? '', n: 1 + 2 * i }));
  const deep = { dots: dotSetOf(dots), flag: 'none', one: false, mark: 0 } as const;
  const token = seal.open(seal.seal(withFloor(NOTHING_SEEN_YET, 7, deep)));
  t.equal(countDots(floorOf(token, 7).dots), 1500);
});

t.test('a past comes back as it was, or asks for more, and takes a kibibyte at most', async () => {
  fc.assert(
    fc.property(anyToken, anyToken, (a, b) => {
      const [one, other] = [encodePast(a), encodePast(b)];
      if ((one === undefined) !== (a.floors.size === 0) || (one?.length ?? 0) > 1024) return false;
      const joined = joinPasts([one, undefined, other]);
      const whole = joinTokens(a, b);
      return [...whole.floors].every(([partition, floor]) => {
        const left = floorOf(joined, partition);
        return left.one === floor.one && left.dots.size === floor.dots.size;
      });
    }),
  );
});

t.test('what is stable is left out, exactly', async () => {
  fc.assert(
    fc.property(anyToken, fc.integer({ min: 1, max: 41 }), (token, below) => {
      const left = withoutStable(token, (partition, { n }) => partition % 2 === 0 && n < below);
      return [...token.floors].every(([partition, floor]) => {
        const kept = floorOf(left, partition);
        const expected = dotsIn(floor.dots).filter(({ n }) => partition % 2 === 1 || n >= below);
        const isSame = countDots(kept.dots) === expected.length;
        // Whoever holds all of it asks for it no more.
        return isSame && kept.flag === floor.flag && (kept.dots !== NO_DOTS || !kept.one);
      });
    }),
    { numRuns: 2000 },
  );
});
