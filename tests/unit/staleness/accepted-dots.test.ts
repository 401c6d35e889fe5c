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
function proposalsOf(states: ReadonlyMap<string, readonly [readonly Dot[], Dot | undefined]>) {
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
  t.equal(acceptedDots(proposalsOf(new Map()))?.size, 0);
});

t.test('what was proposed, and what it was proposed on top of', async (t) => {
  const found = acceptedDots(
    proposalsOf(
      new Map([
        ['k', [[dotOf('s', 1)], dotOf('s', 2)]],
        // A read that is not settled proposes what is there.
        ['l', [[dotOf('s', 7), dotOf('t', 1)], undefined]],
      ]),
    ),
  );
  const of = (key: string) => found?.get(recordKey('default', key, Q).partition);
  t.strictSame(of('k'), [dotOf('s', 1), dotOf('s', 2)]);
  t.strictSame(of('l'), [dotOf('s', 7), dotOf('t', 1)]);
});

t.test('too many, or what cannot be read: then nothing is vouched for', async (t) => {
  const many = Array.from({ length: 1001 }, (_, i) => dotOf('s', i + 1));
  t.equal(acceptedDots(proposalsOf(new Map([['k', [many, undefined]]]))), undefined);
  t.equal(
    acceptedDots(proposalsOf(new Map([['k', [[dotOf('damaged', 1)], undefined]]]))),
    undefined,
  );
});

t.test('a node reports its own', async (t) => {
  const proposals = proposalsOf(new Map([['k', [[], dotOf('s', 2)]]]));
  const holdings = holdingsOf({
    ownership: { self: 'a', epoch: 1, setsOf: () => [] },
    clocks: { changes: undefined, emptyings: 3 } as never,
    wholeClocks: { isWhole: () => true },
    proposals,
  });
  t.equal(holdings.accepted()?.size, 1);
  t.equal(holdings.era, '1 3');
});
