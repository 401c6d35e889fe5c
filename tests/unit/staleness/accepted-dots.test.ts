/** What is accepted at `strong` and not learned: it may be acknowledged, and is in no clock. */
import t from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { acceptedDots } from '../../../lib/staleness/accepted-dots.js';
import { holdingsOf } from '../../../lib/staleness/holdings.js';
import type { Dot } from '../../../lib/versioning/dot.js';
import { EMPTY_CONTEXT, withMinted } from '../../../lib/versioning/context.js';
import type { Version } from '../../../lib/versioning/siblings.js';

const Q = 16;
const dotOf = (writer: string, n: number): Dot => ({ writer, n });

/** @param states by key: the versions of the state, and what was proposed */
function acceptancesOf(states: ReadonlyMap<string, readonly [readonly Dot[], Dot | undefined]>) {
  return {
    accepted: () => [...states.keys()].map((key) => recordKey('default', key, Q)),
    acceptanceOf: ({ key }: RecordKey) => {
      const [dots, dot] = states.get(key) ?? [[], undefined];
      if (dots.some(({ writer }) => writer === 'damaged')) {
        throw new OperatingError('corrupt_bytes', 'gone');
      }
      let context = EMPTY_CONTEXT;
      const versions = dots.map((one): Version => {
        context = withMinted(context, one);
        return {
          ...{ dot: one, state: 'value', contentType: '', value: new Uint8Array(0) },
          ...{ writtenAt: 0, expiresAt: undefined },
        };
      });
      const id = { ballot: { round: 1, node: 'a', start: 1 }, seq: 1 };
      return { id, dot, state: { epoch: 1, context, versions }, isCopied: false };
    },
  };
}

t.test('nothing is accepted', async (t) => {
  t.equal(acceptedDots(acceptancesOf(new Map())).size, 0);
});

t.test('what was proposed, and what it was proposed on top of', async (t) => {
  const found = acceptedDots(
    acceptancesOf(
      new Map([
        ['k', [[dotOf('s', 1)], dotOf('s', 2)]],
        // A read that is not settled proposes what is there.
        ['l', [[dotOf('s', 7), dotOf('t', 1)], undefined]],
      ]),
    ),
  );
  const of = (key: string) => found.get(recordKey('default', key, Q).partition);
  t.strictSame(of('k'), [dotOf('s', 1), dotOf('s', 2)]);
  t.strictSame(of('l'), [dotOf('s', 7), dotOf('t', 1)]);
});

const partitionOf = (key: string): number => recordKey('default', key, Q).partition;
/** A key of another partition for each. */
const KEYS = Array.from({ length: 100 }, (_, i) => `k${i}`).filter((key, i, all) => {
  return all.findIndex((other) => partitionOf(other) === partitionOf(key)) === i;
});
const many = (count: number): Dot[] => Array.from({ length: count }, (_, i) => dotOf('s', i + 1));

t.test('too many, or what cannot be read: nothing of that partition is vouched for', async (t) => {
  const [damaged = '', small = '', large = '', other = ''] = KEYS;
  const found = acceptedDots(
    acceptancesOf(
      new Map([
        [damaged, [[dotOf('damaged', 1)], undefined]],
        [small, [[], dotOf('s', 1)]],
        [large, [many(1000), undefined]],
        [other, [[], dotOf('s', 2)]],
      ]),
    ),
  );
  t.equal(found.get(partitionOf(damaged)), 'unknown');
  t.strictSame(found.get(partitionOf(small)), [dotOf('s', 1)]);
  t.strictSame(found.get(partitionOf(other)), [dotOf('s', 2)]);
  const [one, two] = [found.get(partitionOf(large)), found.size];
  t.same([one, two], ['unknown', 4], 'there are others, which come first or last');
});

t.test('a partition with too many keys is not read, and takes no room', async (t) => {
  const all = Array.from({ length: 50_000 }, (_, i) => `c${i}`);
  const some = (partition: number, count: number): string[] =>
    all.filter((key) => partitionOf(key) === partition).slice(0, count);
  const keys = [...some(0, 1001), ...some(1, 700), ...some(2, 400)];
  const states = keys.map((key) => [key, [[], dotOf('s', 1)]] as const);
  const acceptances = acceptancesOf(new Map(states));
  let reads = 0;
  const counted = {
    accepted: acceptances.accepted,
    acceptanceOf: (at: RecordKey) => {
      reads += 1;
      return acceptances.acceptanceOf(at);
    },
  };
  const found = acceptedDots(counted);
  t.same(
    [0, 1, 2].map((one) => found.get(one)?.length),
    ['unknown'.length, 7, 400],
  );
  t.equal(reads, 400);
});

t.test('a node reports its own', async (t) => {
  const acceptances = acceptancesOf(new Map([['k', [[], dotOf('s', 2)]]]));
  const holdings = holdingsOf({
    ownership: { self: 'a', epoch: 1, setsOf: () => [] },
    clocks: { changes: undefined, emptyings: 3 } as never,
    wholeClocks: { isWhole: () => true },
    acceptances,
  });
  t.equal(holdings.accepted().size, 1);
  t.equal(holdings.era, '1 3');
});
