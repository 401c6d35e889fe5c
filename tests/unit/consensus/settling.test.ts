/** What was chosen and not every owner has: who learns it, how much is remembered (K7, K10). */
import t from 'tap';
import type { Ballot, ProposalId } from '../../../lib/consensus/ballot.js';
import type { ProposerEffect } from '../../../lib/consensus/effects.js';
import { Acceptors } from '../../../lib/consensus/proposal.js';
import { Settling } from '../../../lib/consensus/settling.js';
import { ALL_STAND, Quorum, Votes } from '../../../lib/replication/quorum.js';
import { NO_SIBLINGS } from '../../../lib/versioning/siblings.js';

const OWNERS = ['a', 'b', 'c'];
const BALLOT: Ballot = { round: 1, node: 'a', start: 1 };

function settlingOf(): Settling {
  const quorum = new Quorum([{ nodes: OWNERS, required: 2 }]);
  return new Settling(new Acceptors('a', quorum, ALL_STAND));
}

const idOf = (seq: number): ProposalId => ({ ballot: BALLOT, seq });

/** It was chosen: these have accepted it. */
function chosen(settling: Settling, key: string, seq: number, by: readonly string[]): string[] {
  const holders = new Votes(ALL_STAND);
  for (const node of by) holders.grant(node, 1);
  const proposal = { key, id: idOf(seq), state: NO_SIBLINGS };
  return settling.learnEverywhere(proposal, holders, false).flatMap(textOf);
}

function textOf(effect: ProposerEffect): string[] {
  if (effect.do === 'learn') return [`learn ${effect.proposal.id.seq}`];
  if (effect.do === 'forget') return [`forget ${effect.id.seq}`];
  if (effect.do !== 'send') return [effect.do];
  const { node, request } = effect;
  const seq = 'id' in request ? request.id.seq : 0;
  const isWhole = request.is === 'learn' && request.state !== 'held';
  return [`${node}: ${isWhole ? 'learn the state' : request.is} ${seq}`];
}

t.test('two writes of a key before LEARN is sent: only the later one is sent', async (t) => {
  const settling = settlingOf();
  t.strictSame(chosen(settling, 'k', 1, ['a', 'b']), ['learn 1']);
  t.strictSame(chosen(settling, 'k', 2, ['a', 'c']), ['learn 2']);
  t.equal(settling.count, 1);
  t.strictSame(settling.held({ node: 'c', start: 1 }, 'k', idOf(1)), [], 'of the first: too late');
  t.strictSame(settling.sendUnsent().flatMap(textOf), ['b: learn the state 2', 'c: learn 2']);
  t.strictSame(settling.sendUnsent(), [], 'once');
  const last = settling.held({ node: 'b', start: 1 }, 'k', idOf(2));
  t.strictSame(last.flatMap(textOf), ['forget 2', 'b: forget 2', 'c: forget 2']);
  t.equal(settling.count, 0);
});

t.test('what is void goes with the state, also of a write that was overtaken', async (t) => {
  const settling = settlingOf();
  const [first, second] = [1, 2].map((n) => ({ writer: 'n1.1.0123456789ab', n }));
  if (first === undefined || second === undefined) throw new Error('two numbers');
  for (const [i, dot] of [first, second].entries()) {
    const holders = new Votes(ALL_STAND);
    for (const node of ['a', 'b']) holders.grant(node, 1);
    const proposal = { key: 'k', id: idOf(i + 1), state: NO_SIBLINGS };
    settling.learnEverywhere(proposal, holders, false, [dot]);
  }
  const sent = settling.sendUnsent().map((effect) => effect.do === 'send' && effect.request);
  t.match(sent, [{ voided: [first, second] }, { voided: [first, second] }]);
  t.strictSame(settling.sendUnsent(), []);
});

t.test(
  'so many are remembered, and so many not sent: beyond it all are sent at once',
  async (t) => {
    const settling = settlingOf();
    let sent = 0;
    for (let seq = 1; seq <= 10_000; seq += 1) {
      const effects = chosen(settling, `k${seq}`, seq, ['a', 'b']);
      sent += effects.length - 1;
    }
    t.equal(settling.count, 10_000);
    t.ok(sent >= 2 * (10_000 - 64), `${sent} are sent without a call`);
    const more = chosen(settling, 'one more', 10_001, ['a', 'b']);
    t.strictSame(more, ['learn 10001', 'b: learn 10001', 'c: learn the state 10001']);
    t.equal(settling.count, 10_000, 'it is sent, and not remembered');
    const late = settling.acceptedLate({ node: 'c', start: 1 }, 'one more', idOf(10_001));
    t.strictSame(late, [], 'its mark waits for the next ballot');
  },
);
