/** A proposer in time: what it does about a proposal that gets no answers. */
import t from 'tap';
import type { StrongOperation } from '../../../lib/consensus/decision.js';
import type { AcceptorReply } from '../../../lib/consensus/messages.js';
import {
  type PartitionEffect,
  PartitionProposer,
} from '../../../lib/coordination/strong/partition-proposer.js';
import { Quorum, type Standing } from '../../../lib/replication/quorum.js';

const OWNERS = ['a', 'b', 'c'];
const NO_BALLOT = { round: 0, node: '', start: 0 };
const STANDING: Standing = { stands: () => true, struck: () => undefined };
/** The longest wait after a refusal, and a little. */
const BACK_OFF_MILLISECONDS = 500;
const STALL_MILLISECONDS = 1000;
const NOBODY_WAITS_SO_LONG = 60_000;

const NO_REFUSAL = { refusalFor: () => undefined, refusal: undefined };
const LOOKED = { hybridNow: 0, hasSeen: () => false, ...NO_REFUSAL };
const READ: StrongOperation = { id: 1, key: 'k', change: undefined, condition: { is: 'none' } };

function takeOver(proposer: PartitionProposer, round: number): void {
  const ballot = { round, node: 'a', start: 1 };
  const quorum = new Quorum([{ nodes: OWNERS, required: 2 }]);
  proposer.takeOver({ ballot, writer: `w${round}`, quorum, standing: STANDING });
  const page = { entries: [], from: '', next: undefined };
  for (const node of ['a', 'b']) {
    answered(proposer, node, { is: 'promised', ballot, active: NO_BALLOT, ...page });
  }
  for (const node of ['a', 'b']) answered(proposer, node, { is: 'activated', ballot });
}

function answered(
  proposer: PartitionProposer,
  node: string,
  reply: AcceptorReply,
): readonly PartitionEffect[] {
  return proposer.answered({ node, start: 1 }, reply);
}

/** An active proposer whose ACCEPT nobody answers. */
function stalled(): PartitionProposer {
  const proposer = new PartitionProposer('a', () => 0.9);
  t.match(proposer.submit(READ, NOBODY_WAITS_SO_LONG), [{ do: 'campaign' }]);
  takeOver(proposer, 1);
  t.match(proposer.looked('k', undefined, LOOKED), [
    { do: 'accept', node: 'b' },
    { do: 'accept', node: 'c' },
  ]);
  return proposer;
}

/** Runs its timers up to then, and says at what times it asked for a ballot. */
function campaignsUntil(proposer: PartitionProposer, end: number): number[] {
  const campaigns: number[] = [];
  while (proposer.wakesAt <= end) {
    proposer.now = Math.max(proposer.now, proposer.wakesAt);
    const effects = proposer.elapsed();
    if (!effects.some((effect) => effect.do === 'campaign')) continue;
    campaigns.push(proposer.now);
    proposer.notNow();
  }
  proposer.now = end;
  return campaigns;
}

t.test('where no ballot can be chosen, it is tried again until one can', async (t) => {
  const proposer = stalled();
  const campaigns = campaignsUntil(proposer, 10_000);
  t.equal(campaigns[0], STALL_MILLISECONDS);
  for (const [i, at] of campaigns.slice(1).entries()) {
    const wait = at - (campaigns[i] ?? 0);
    t.ok(wait > 0 && wait <= BACK_OFF_MILLISECONDS, `${wait} ms`);
  }
  t.ok(campaigns.length >= 10_000 / BACK_OFF_MILLISECONDS - 3, `${campaigns.length} times`);
});

t.test('a new ballot has a time of its own', async (t) => {
  const proposer = stalled();
  proposer.now = STALL_MILLISECONDS;
  t.match(proposer.elapsed(), [{ do: 'campaign' }]);
  takeOver(proposer, 2);
  t.same(campaignsUntil(proposer, 10_000), [], 'what was open in the former is lost with it');
});

/** One whose proposal was chosen by `a` and `b`; `c` has not answered. */
function chosen(): PartitionProposer {
  const proposer = stalled();
  const id = { ballot: { round: 1, node: 'a', start: 1 }, seq: 1 };
  t.match(answered(proposer, 'b', { is: 'accepted', key: 'k', id }), [{ do: 'vote' }]);
  t.match(answered(proposer, 'a', { is: 'accepted', key: 'k', id }), [
    { do: 'answer' },
    { do: 'learn', isSettled: false },
  ]);
  return proposer;
}

const HOUR_MILLISECONDS = 3_600_000;

/** How often it says something again until then. */
function repeatsUntil(proposer: PartitionProposer, end: number): number {
  let repeats = 0;
  while (proposer.wakesAt <= end) {
    proposer.now = Math.max(proposer.now, proposer.wakesAt);
    const effects = proposer.elapsed();
    if (effects.some(({ do: what }) => what === 'teach' || what === 'send')) repeats += 1;
  }
  proposer.now = end;
  return repeats;
}

t.test('an idle proposer keeps its ballot: a new one has another writer', async (t) => {
  const proposer = chosen();
  const id = { ballot: { round: 1, node: 'a', start: 1 }, seq: 1 };
  answered(proposer, 'c', { is: 'activated', ballot: id.ballot });
  answered(proposer, 'c', { is: 'accepted', key: 'k', id });
  proposer.now = 100 * HOUR_MILLISECONDS;
  proposer.elapsed();
  t.equal(proposer.isDone, false);
  t.equal(proposer.wakesAt, Number.POSITIVE_INFINITY, 'and costs no time');
  const effects = proposer.submit({ ...READ, id: 2 }, proposer.now + NOBODY_WAITS_SO_LONG);
  t.strictSame(effects, [{ do: 'look', key: 'k' }]);
  t.equal(proposer.core.ballot.round, 1);
});

t.test('an idle proposer says seldom again what an absent owner has missed', async (t) => {
  const proposer = chosen();
  t.ok(repeatsUntil(proposer, 60_000) > 50, 'at first each second');
  repeatsUntil(proposer, HOUR_MILLISECONDS);
  const repeats = repeatsUntil(proposer, 2 * HOUR_MILLISECONDS);
  t.ok(repeats >= 50 && repeats <= 70, `${repeats} times in an hour`);
});

const LEARN_DELAY_MILLISECONDS = 20;

t.test('what was chosen is sent soon, though an owner has not accepted it', async (t) => {
  const proposer = chosen();
  t.equal(proposer.wakesAt, LEARN_DELAY_MILLISECONDS);
  proposer.now = LEARN_DELAY_MILLISECONDS;
  t.match(proposer.elapsed(), [
    { do: 'send', node: 'b', request: { is: 'learn', state: 'held', isSettled: false } },
    { do: 'send', node: 'c', request: { is: 'learn', state: {}, isSettled: false } },
  ]);
  t.ok(proposer.wakesAt > LEARN_DELAY_MILLISECONDS, 'once');
  proposer.now = LEARN_DELAY_MILLISECONDS + 1;
  t.strictSame(proposer.elapsed(), []);
});

t.test('what was chosen is sent before the ballot is given up', async (t) => {
  t.match(chosen().stop(), [
    { do: 'send', node: 'b', request: { is: 'learn' } },
    { do: 'send', node: 'c', request: { is: 'learn' } },
  ]);
});

t.test('what was chosen is sent before another ballot is prepared', async (t) => {
  const proposer = chosen();
  const ballot = { round: 2, node: 'a', start: 1 };
  const quorum = new Quorum([{ nodes: OWNERS, required: 2 }]);
  t.match(proposer.takeOver({ ballot, writer: 'w2', quorum, standing: STANDING }), [
    { do: 'send', node: 'b', request: { is: 'learn' } },
    { do: 'send', node: 'c', request: { is: 'learn' } },
    { do: 'send', request: { is: 'prepare' } },
  ]);
});

t.test('no more than 64 keys wait to be sent', async (t) => {
  const proposer = chosen();
  let reported = 0;
  for (let n = 2; n <= 65; n += 1) {
    const key = `k${n}`;
    const id = { ballot: { round: 1, node: 'a', start: 1 }, seq: n };
    proposer.submit({ ...READ, id: n, key }, NOBODY_WAITS_SO_LONG);
    proposer.looked(key, undefined, LOOKED);
    answered(proposer, 'b', { is: 'accepted', key, id });
    const effects = answered(proposer, 'a', { is: 'accepted', key, id });
    reported += effects.filter((effect) => effect.do === 'send').length;
    if (n < 65) t.equal(reported, 0, key);
  }
  t.equal(reported, 2 * 65, 'then all are');
});

t.test('whose time is over was proposed, or surely never will be', (t) => {
  const proposer = new PartitionProposer('a', () => 0.9);
  proposer.submit(READ, 100);
  takeOver(proposer, 1);
  proposer.looked('k', undefined, LOOKED);
  // Waits for its turn behind the first.
  proposer.submit({ ...READ, id: 2 }, 100);
  proposer.now = 100;
  const expired = proposer.elapsed().filter((effect) => effect.do === 'expire');
  t.match(expired, [
    { operation: { id: 1 }, isOpen: true },
    { operation: { id: 2 }, isOpen: false },
  ]);
  t.end();
});
