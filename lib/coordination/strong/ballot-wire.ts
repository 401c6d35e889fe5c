/** PREPARE, ACTIVATE and FORGET of a ballot with their answers, as they travel, and back. */
import type { z } from 'zod';
import type {
  Acceptance,
  AcceptorReply,
  AcceptorRequest,
  KeyText,
  PromiseEntry,
  Settlement,
} from '../../consensus/messages.js';
import { assert } from '../../errors.js';
import type { Siblings } from '../../versioning/siblings.js';
import type { BALLOTS } from './strong-messages.js';
import type { StrongWire } from './strong-wire.js';

export type BallotRequest = Extract<
  AcceptorRequest,
  { is: 'prepare' | 'activate' | 'forget ballot' }
>;

type WireRequest = z.infer<typeof BALLOTS.request>['request'];
type WireReply = NonNullable<z.infer<typeof BALLOTS.reply>['reply']>;
type BallotReply = Extract<AcceptorReply, { is: WireReply['is'] }>;
type WireEntry = Extract<WireReply, { is: 'promised' }>['entries'][number];
type WireAcceptance = NonNullable<WireEntry['acceptance']>;
type WireSettlement = Extract<WireRequest, { is: 'activate' }>['entries'][number];

export class BallotWire {
  readonly #wire: StrongWire;

  constructor(wire: StrongWire) {
    this.#wire = wire;
  }

  requestTo(request: BallotRequest): WireRequest {
    if (request.is !== 'activate') return request;
    const { is, ballot, isLast: last } = request;
    return { is, ballot, entries: request.entries.map((one) => this.#settlementTo(one)), last };
  }

  /** @throws OperatingError `corrupt_bytes`, `unknown_format` */
  requestFrom(wire: WireRequest): BallotRequest {
    if (wire.is !== 'activate') return wire;
    const { is, ballot, last: isLast } = wire;
    return { is, ballot, entries: wire.entries.map((one) => this.#settlementFrom(one)), isLast };
  }

  replyTo(reply: AcceptorReply): WireReply {
    assert(isOfBallot(reply), 'a proposal is answered by its own message');
    if (reply.is !== 'promised') return reply;
    const entries = reply.entries.map((entry) => this.#entryTo(entry));
    return { ...reply, entries, next: reply.next ?? null };
  }

  /** @throws OperatingError `corrupt_bytes`, `unknown_format` */
  replyFrom(wire: WireReply): BallotReply {
    if (wire.is !== 'promised') return wire;
    const entries = wire.entries.map((entry) => this.#entryFrom(entry));
    return { ...wire, entries, next: wire.next ?? undefined };
  }

  #entryTo({ key, acceptance, mark, record }: PromiseEntry): WireEntry {
    return {
      key: this.#wire.keyTo(key),
      acceptance: acceptance === undefined ? null : this.#acceptanceTo(key, acceptance),
      mark: mark ?? null,
      record: this.#stateTo(key, record),
    };
  }

  #entryFrom({ key: text, acceptance, mark, record }: WireEntry): PromiseEntry {
    const key = this.#wire.keyFrom(text);
    return {
      key,
      acceptance: acceptance === null ? undefined : this.#acceptanceFrom(key, acceptance),
      mark: mark ?? undefined,
      record: this.#stateFrom(key, record),
    };
  }

  #settlementTo(settlement: Settlement): WireSettlement {
    const key = this.#wire.keyTo(settlement.key);
    if (settlement.adopted !== undefined) {
      const adopted = this.#acceptanceTo(settlement.key, settlement.adopted);
      return { key, adopted, mark: null, record: null };
    }
    const { mark, record } = settlement;
    const sent = this.#stateTo(settlement.key, record);
    return { key, adopted: null, mark: mark ?? null, record: sent };
  }

  #settlementFrom({ key: text, adopted, mark, record }: WireSettlement): Settlement {
    const key = this.#wire.keyFrom(text);
    if (adopted !== null) return { key, adopted: this.#acceptanceFrom(key, adopted) };
    const found = this.#stateFrom(key, record);
    return { key, adopted: undefined, mark: mark ?? undefined, record: found };
  }

  #acceptanceTo(key: KeyText, { id, dot, state, isCopied }: Acceptance): WireAcceptance {
    return { id, dot: dot ?? null, state: this.#wire.bytesOf(key, state), copied: isCopied };
  }

  #acceptanceFrom(key: KeyText, { id, dot, state, copied }: WireAcceptance): Acceptance {
    const decoded = this.#wire.stateOf(key, state);
    return { id, dot: dot ?? undefined, state: decoded, isCopied: copied };
  }

  #stateTo(key: KeyText, state: Siblings | undefined): Uint8Array | null {
    return state === undefined ? null : this.#wire.bytesOf(key, state);
  }

  #stateFrom(key: KeyText, bytes: Uint8Array | null): Siblings | undefined {
    return bytes === null ? undefined : this.#wire.stateOf(key, bytes);
  }
}

function isOfBallot(reply: AcceptorReply): reply is BallotReply {
  return 'ballot' in reply;
}
