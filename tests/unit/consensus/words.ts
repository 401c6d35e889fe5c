/** The words of the transcripts of consensus: states, numbers and messages as text, both ways. */
import type { Ballot, ProposalId } from '../../../lib/consensus/ballot.js';
import { NO_BALLOT } from '../../../lib/consensus/ballot.js';
import type { AcceptorChange } from '../../../lib/consensus/acceptor.js';
import type { ProposerEffect, Result } from '../../../lib/consensus/effects.js';
import type {
  Acceptance,
  PromiseEntry,
  Proposal,
  AcceptorReply,
  AcceptorRequest,
} from '../../../lib/consensus/messages.js';
import { sameDot } from '../../../lib/versioning/dot.js';
import { NO_SIBLINGS, type Siblings } from '../../../lib/versioning/siblings.js';
import { stateOf, textOf } from '../coordination/transcript.js';

/** `2b`: round 2 of node b. `-`: none. */
export function ballotOf(text: string): Ballot {
  if (text === '-') return NO_BALLOT;
  return { round: Number(text.slice(0, -1)), node: text.slice(-1), start: 1 };
}

export function textOfBallot({ round, node }: Ballot): string {
  return round === 0 ? '-' : `${round}${node}`;
}

/** `2b/7`: the seventh proposal of that ballot. */
export function idOf(text: string): ProposalId {
  const [ballot = '', seq = ''] = text.split('/');
  return { ballot: ballotOf(ballot), seq: Number(seq) };
}

export function textOfId({ ballot, seq }: ProposalId): string {
  return `${textOfBallot(ballot)}/${seq}`;
}

/** A state, `-` where nothing is held. */
export function stateOrNone(text: string): Siblings {
  return stateOf(text) ?? NO_SIBLINGS;
}

/** The versions; `-` for none. */
export function textOrNone(state: Siblings): string {
  return state.versions.length === 0 ? '-' : textOf(state);
}

function held(record: Siblings | undefined): string {
  return textOrNone(record ?? NO_SIBLINGS);
}

/** Accepted under this number, of which the last version is the proposed one. */
export function acceptanceOf(id: string, state: string): Acceptance {
  const whole = stateOrNone(state);
  const dot = whole.versions.at(-1)?.dot;
  return { id: idOf(id), dot, state: whole, isCopied: false };
}

/** `x:accepted:1b/1:v1` or `x:mark:1b/1:v1`. */
export function entryOf(text: string): PromiseEntry {
  const [key = '', kind = '', id = '', state = ''] = text.split(':');
  const none = { acceptance: undefined, mark: undefined, record: undefined };
  if (kind === 'accepted') return { ...none, key, acceptance: acceptanceOf(id, state) };
  return { ...none, key, mark: idOf(id), record: stateOf(state) };
}

/** Of a proposal that takes no effect: what it covers beside its versions must never come back. */
function coveredBeside({ context, versions }: Siblings): string {
  const numbered = [...context.vector].map(([writer, n]) => ({ writer, n }));
  const others = [...numbered, ...context.beyond].filter((dot) => {
    return !versions.some((version) => sameDot(version.dot, dot));
  });
  const text = others.map(({ writer, n }) => writer + n).join('+');
  return text === '' ? '' : ` covering ${text}`;
}

function textOfProposal({ key, id, dot, state, base, above }: Proposal): string {
  const ended = dot === undefined ? coveredBeside(state) : '';
  const on = base.length === 0 ? '' : ` on ${base.map(({ writer, n }) => writer + n).join('+')}`;
  const from = above === undefined || above.n === 0 ? '' : ` above ${above.writer}${above.n}`;
  return `${key} ${textOfId(id)} ${textOrNone(state)}${ended}${on}${from}`;
}

function textOfRequest(request: AcceptorRequest): string {
  switch (request.is) {
    case 'prepare': {
      const from = request.from === '' ? '' : ` from ${request.from}`;
      return `prepare ${textOfBallot(request.ballot)}${from}`;
    }
    case 'forget ballot':
      return `${request.is} ${textOfBallot(request.ballot)}`;
    case 'activate':
      return `activate ${textOfBallot(request.ballot)}`;
    case 'check':
    case 'accept':
      return `${request.is} ${textOfProposal(request.proposal)}`;
    case 'learn': {
      const { key, id, state, isSettled } = request;
      const what = typeof state === 'string' ? `what is ${state}` : textOrNone(state);
      return `learn ${key} ${textOfId(id)} ${what}${isSettled ? ', settled' : ''}`;
    }
    case 'forget':
      return `forget ${request.key} ${textOfId(request.id)}`;
  }
}

function textOfResult(result: Result): string {
  switch (result.is) {
    case 'applied': {
      const replaced = result.replaced.map(({ dot }) => dot.writer + dot.n).join('+') || 'nothing';
      return `applied as ${result.dot.writer}${result.dot.n}, replaced ${replaced}`;
    }
    case 'unmet':
      return `the condition does not hold on ${textOrNone(result.state)}`;
    case 'read':
      return `read ${textOrNone(result.state)}`;
    case 'no room':
      return 'no room';
    case 'settled':
      return `${result.as} on ${textOrNone(result.state)}`;
    case 'deposed':
      if (result.dot === undefined) return 'deposed, nothing happened';
      if (result.decided === undefined) return 'deposed, unknown';
      return `deposed, unknown; if not dead, ${textOfResult(result.decided)}`;
  }
}

export function textOfEffect(effect: ProposerEffect): string {
  switch (effect.do) {
    case 'send':
      return `${textOfRequest(effect.request)} -> ${effect.node}`;
    case 'activate': {
      const adopted = effect.adopted.map(
        ({ key, acceptance: { id, state } }) =>
          `, adopts ${key} ${textOfId(id)} ${textOrNone(state)}`,
      );
      const brought = effect.brought.map(
        ({ key, mark }) =>
          `, brings ${key} ${mark === undefined ? 'without a mark' : textOfId(mark)}`,
      );
      const what = [...adopted, ...brought].join('');
      return `activate ${textOfBallot(effect.ballot)} -> ${effect.node}${what}`;
    }
    case 'accept':
      return `accept ${textOfProposal(effect.proposal)} -> ${effect.node}`;
    case 'vote':
      return `vote for ${textOfProposal(effect.proposal)}`;
    case 'merge':
      return `merge ${effect.key} ${textOrNone(effect.state)}`;
    case 'look':
      return `look at ${effect.key}`;
    case 'learn': {
      const { key, id, state } = effect.proposal;
      const settled = effect.isSettled ? ', settled' : '';
      const how = settled + (effect.asVote ? ', as the own vote' : '');
      return `learn ${key} ${textOfId(id)} ${textOrNone(state)}${how}`;
    }
    case 'teach':
      return `teach ${effect.node} ${effect.key} as of ${textOfId(effect.id)}`;
    case 'forget':
      return `forget ${effect.key} ${textOfId(effect.id)}`;
    case 'forget ballot':
      return `forget marks below ${textOfBallot(effect.ballot)}`;
    case 'void':
      return `void ${effect.dot.writer}${effect.dot.n}`;
    case 'answer':
      return `answer ${effect.operation.id}: ${textOfResult(effect.result)}`;
    case 'count':
      return `count: ${effect.what}`;
  }
}

export function textOfReply(reply: AcceptorReply): string {
  switch (reply.is) {
    case 'promised': {
      const entries = reply.entries.map(({ key, acceptance, mark, record }) => {
        const accepted = acceptance === undefined ? '' : ` accepted ${textOfId(acceptance.id)}`;
        const marked = mark === undefined ? '' : ` mark ${textOfId(mark)} ${held(record)}`;
        return `, ${key}${accepted}${marked}`;
      });
      const { ballot, active } = reply;
      const from = reply.from === '' ? '' : `, from ${reply.from}`;
      const promised = `promised ${textOfBallot(ballot)}${from}`;
      return `${promised}, active ${textOfBallot(active)}${entries.join('')}`;
    }
    case 'refused':
      return `refused ${textOfBallot(reply.ballot)}, promised ${textOfBallot(reply.promised)}`;
    case 'activated':
      return `activated ${textOfBallot(reply.ballot)}`;
    case 'covered':
    case 'accepted':
    case 'learned':
      return `${reply.is} ${reply.key} ${textOfId(reply.id)}`;
    case 'uncovered':
      return `uncovered ${reply.key} ${textOfId(reply.id)}, holds ${held(reply.record)}`;
  }
}

export function textOfStored(stored: AcceptorChange): string {
  switch (stored.store) {
    case 'ballots': {
      const active = textOfBallot(stored.active);
      return `store promised ${textOfBallot(stored.promised)}, active ${active}`;
    }
    case 'acceptance': {
      const { id, state, isCopied } = stored.acceptance;
      const copied = isCopied ? ', copied' : '';
      return `store acceptance ${stored.key} ${textOfId(id)} ${textOrNone(state)}${copied}`;
    }
    case 'no acceptance':
      return `drop acceptance ${stored.key}`;
    case 'mark':
      return `store mark ${stored.key} ${textOfId(stored.mark)}`;
    case 'no mark':
      return `drop mark ${stored.key}`;
    case 'merge':
      return `merge ${stored.key} ${textOrNone(stored.state)}`;
  }
}
