/** Which numbers of ended ballots are void (K21): who must have said what. */
import t from 'tap';
import { type Ballot, ballotOf } from '../../../lib/consensus/ballot.js';
import {
  endedBefore,
  type OwnerWord,
  settledAmong,
  settledBallotOf,
  unseenByAll,
  voidNumbers,
} from '../../../lib/consensus/void-numbers.js';
import { PartitionClock, type PlainClock } from '../../../lib/versioning/partition-clock.js';
import { proposalWriter } from '../../../lib/versioning/writer.js';

const random = { fraction: () => 0, bytes: (count: number) => new Uint8Array(count) };
const ballot = (round: number, node = 'n1'): Ballot => ({ round, node, start: 40 });
const writer = (round: number): string => proposalWriter(ballot(round), random);
const PLAIN = 'n1.14.000000000000';

function word(clock: PlainClock, settled?: Ballot): OwnerWord {
  return { settled, clock: PartitionClock.from(clock) };
}

t.test('the writer of proposals names its ballot', async (t) => {
  t.equal(writer(37), 'n1.14.000000000000-11');
  t.strictSame(ballotOf(writer(37)), ballot(37));
  t.equal(ballotOf(PLAIN), undefined);
  t.throws(() => proposalWriter(ballot(0), random), /a ballot has a round/);
});

t.test('the highest ballot that is settled counts', async (t) => {
  t.equal(settledAmong([undefined, undefined]), undefined);
  t.strictSame(settledAmong([undefined, ballot(2), ballot(3), ballot(1)]), ballot(3));
});

t.test('only writers of proposals of lower ballots have ended', async (t) => {
  const covered = new Map([
    [writer(4), 2],
    [writer(5), 3],
    [writer(6), 1],
    [PLAIN, 9],
  ]);
  t.strictSame([...endedBefore(ballot(5), covered)], [[writer(4), 2]]);
  t.strictSame([...endedBefore(ballot(5, 'n2'), covered).keys()], [writer(4), writer(5)]);
  t.strictSame([...endedBefore(undefined, covered)], []);
});

t.test('what any owner has seen will come by itself, and plain numbers may', async (t) => {
  const covered = new Map([
    [writer(4), 3],
    [PLAIN, 3],
  ]);
  const unseenWith = (...clocks: PlainClock[]) => [
    ...unseenByAll(covered, clocks.map(PartitionClock.from)).keys(),
  ];
  t.strictSame(unseenWith([[writer(4), 1, [1, 1]]], []), [writer(4)]);
  t.strictSame(unseenWith([[writer(4), 1, [1, 1]]], [[writer(4), 0, [1, 1]]]), []);
  t.strictSame(unseenWith(), [writer(4)]);
});

t.test('void is what nobody has seen once all have been asked', async (t) => {
  const ended = new Map([[writer(4), 4]]);
  const own: PlainClock = [[writer(4), 1, [1, 1]]];
  const less: PlainClock = [[writer(4), 1, []]];
  const more: PlainClock = [[writer(4), 2, []]];
  const numbers = (mine: OwnerWord, ...others: OwnerWord[]): number[] =>
    voidNumbers(ballot(5), ended, mine, others).map(({ n }) => n);
  t.strictSame(numbers(word(own), word(less), word(own, ballot(5))), [2, 4], 'another decides');
  t.strictSame(numbers(word(own, ballot(5)), word(less), word(own)), [2, 4], 'this owner decides');
  t.strictSame(numbers(word(own, ballot(5)), word(more), word(own)), [], 'one has seen more');
  t.strictSame(numbers(word(own), word(less), word(own)), [], 'nobody says so any more');
  t.strictSame(numbers(word(own), word(less), word(own, ballot(6))), [], 'another ballot');
});

t.test(
  'a ballot is settled once all have activated it, and what it adopted is learned',
  async (t) => {
    const core = {
      phase: 'active',
      ballot: ballot(5),
      isActiveEverywhere: true,
      adoptedCount: 2,
    } as const;
    const later = { ballot: ballot(5), seq: 3 };
    t.strictSame(settledBallotOf(core, 40, [later]), ballot(5));
    t.equal(settledBallotOf({ ...core, isActiveEverywhere: false }, 40, []), undefined);
    t.equal(settledBallotOf({ ...core, phase: 'taking over' }, 40, []), undefined);
    t.equal(settledBallotOf(core, 41, []), undefined, 'it has lost what it held');
    t.equal(
      settledBallotOf(core, 40, [later, { ballot: ballot(5), seq: 2 }]),
      undefined,
      'adopted',
    );
  },
);
