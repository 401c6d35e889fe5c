/** CHECK, ACCEPT, LEARN and FORGET of a proposal with their answers, as they travel, and back. */
import type {
  Acceptance,
  AcceptorReply,
  AcceptorRequest,
  KeyText,
  Proposal,
} from '../../consensus/messages.js';
import { assert } from '../../errors.js';
import type { WireAcceptance, WireAnswer, WireProposal, WireRequest } from './proposal-layouts.js';
import type { StrongWire } from './strong-wire.js';

export type ProposalRequest = Extract<
  AcceptorRequest,
  { is: 'check' | 'accept' | 'learn' | 'forget' }
>;

export class ProposalWire {
  readonly #wire: StrongWire;

  constructor(wire: StrongWire) {
    this.#wire = wire;
  }

  requestTo(request: ProposalRequest): WireRequest {
    switch (request.is) {
      case 'check':
        return { is: 'check', proposal: this.#proposalTo(request.proposal) };
      case 'accept':
        return { ...request, proposal: this.#proposalTo(request.proposal) };
      case 'learn': {
        const { is, id, isSettled: settled, state, voided = [] } = request;
        const encoded = typeof state === 'string' ? state : this.#wire.bytesOf(request.key, state);
        return { is, key: this.#wire.keyTo(request.key), id, state: encoded, settled, voided };
      }
      case 'forget':
        return { ...request, key: this.#wire.keyTo(request.key) };
    }
  }

  /** @throws OperatingError `corrupt_bytes`, `unknown_format` */
  requestFrom(wire: WireRequest): ProposalRequest {
    switch (wire.is) {
      case 'check':
        return { is: 'check', proposal: this.#proposalFrom(wire.proposal) };
      case 'accept':
        return { ...wire, proposal: this.#proposalFrom(wire.proposal) };
      case 'learn': {
        const { is, id, settled: isSettled, state, voided } = wire;
        const key = this.#wire.keyFrom(wire.key);
        const decoded = typeof state === 'string' ? state : this.#wire.stateOf(key, state);
        return { is, key, id, state: decoded, isSettled, voided };
      }
      case 'forget':
        return { ...wire, key: this.#wire.keyFrom(wire.key) };
    }
  }

  answerTo(reply: AcceptorReply): WireAnswer {
    assert(reply.is !== 'promised' && reply.is !== 'activated', 'a ballot has its own answers');
    switch (reply.is) {
      case 'refused':
        return { is: reply.is, promised: reply.promised };
      case 'uncovered': {
        const { is, key, record } = reply;
        return { is, record: record && this.#wire.bytesOf(key, record) };
      }
      case 'covered':
      case 'accepted':
      case 'learned':
        return { is: reply.is };
    }
  }

  /**
   * @param request what is answered
   * @throws OperatingError `corrupt_bytes`, `unknown_format`
   */
  answerFrom(request: ProposalRequest, answer: WireAnswer): AcceptorReply {
    const { key, id } = 'proposal' in request ? request.proposal : request;
    switch (answer.is) {
      case 'refused':
        return { is: answer.is, ballot: id.ballot, promised: answer.promised };
      case 'uncovered': {
        const { is, record } = answer;
        return { is, key, id, record: record && this.#wire.stateOf(key, record) };
      }
      case 'covered':
      case 'accepted':
      case 'learned':
        return { is: answer.is, key, id };
    }
  }

  acceptanceTo(key: KeyText, { id, dot, state, isCopied }: Acceptance): WireAcceptance {
    return { id, dot, state: this.#wire.bytesOf(key, state), copied: isCopied };
  }

  /** @throws OperatingError `corrupt_bytes`, `unknown_format` */
  acceptanceFrom(key: KeyText, { id, dot, state, copied }: WireAcceptance): Acceptance {
    return { id, dot, state: this.#wire.stateOf(key, state), isCopied: copied };
  }

  #proposalTo({ key, state, ...head }: Proposal): WireProposal {
    return { ...head, key: this.#wire.keyTo(key), state: this.#wire.bytesOf(key, state) };
  }

  #proposalFrom({ key: text, state, ...head }: WireProposal): Proposal {
    const key = this.#wire.keyFrom(text);
    return { ...head, key, state: this.#wire.stateOf(key, state) };
  }
}
