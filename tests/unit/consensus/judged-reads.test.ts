/** When what owners say of a key is settled (K11). */
import t from 'tap';
import { judgeRead, type ReadReport } from '../../../lib/consensus/strong-read.js';
import { ALL_STAND, Quorum } from '../../../lib/replication/quorum.js';
import { ballotOf, stateOrNone as stateOf } from './words.js';

const QUORUM = new Quorum([{ nodes: ['a', 'b', 'c'], required: 2 }]);

function report(node: string, more: Partial<ReadReport> = {}): ReadReport {
  const promised = ballotOf('1a');
  const base = {
    isActive: node === 'a',
    isBusy: false,
    record: stateOf('v1'),
    acceptance: undefined,
  };
  return { from: { node, start: 1 }, promised, ...base, ...more };
}

const accepted = (text: string): ReadReport['acceptance'] => ({
  ...{
    id: { ballot: ballotOf('1a'), seq: 2 },
    dot: undefined,
    state: stateOf(text),
    isCopied: true,
  },
});

t.test('what a majority holds alike is settled', async (t) => {
  const rows: readonly (readonly [string, ReadReport[], string])[] = [
    ['both hold it', [report('a'), report('b')], 'settled'],
    ['the proposer is silent', [report('b'), report('c')], 'pending'],
    ['it is busy', [report('a', { isBusy: true }), report('b')], 'unsettled'],
    [
      'another has accepted it',
      [report('a'), report('b', { record: undefined, acceptance: accepted('v1') })],
      'settled',
    ],
    [
      'the proposer has accepted it, too',
      [report('a', { acceptance: accepted('v1') }), report('b')],
      'settled',
    ],
    [
      'the proposer has accepted more',
      [report('a', { acceptance: accepted('v2') }), report('b')],
      'unsettled',
    ],
  ];
  for (const [name, reports, verdict] of rows) {
    t.equal(judgeRead(reports, 'a', QUORUM, ALL_STAND).is, verdict, name);
  }
});
