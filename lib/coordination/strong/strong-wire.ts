/** What proposers and acceptors say to each other, as it travels, and back. */
import type { z } from 'zod';
import type {
  Acceptance,
  PromiseEntry,
  KeyText,
  Proposal,
  AcceptorReply,
  AcceptorRequest,
  Settlement,
} from '../../consensus/messages.js';
import { OperatingError } from '../../errors.js';
import { placeOf, type RecordKey, recordKey, recordKeyAt } from '../../persistence/keyspace.js';
import { decodeRecord, encodeRecord } from '../../persistence/records.js';
import type { Siblings } from '../../versioning/siblings.js';
import type { ACCEPTOR } from './strong-messages.js';

export type WireRequest = z.infer<typeof ACCEPTOR.request>['request'];
export type WireReply = NonNullable<z.infer<typeof ACCEPTOR.reply>['reply']>;
type WireEntry = Extract<WireReply, { is: 'promised' }>['entries'][number];
type WireAcceptance = NonNullable<WireEntry['acceptance']>;
type WireProposal = Extract<WireRequest, { is: 'accept' }>['proposal'];
type WireSettlement = Extract<WireRequest, { is: 'activate' }>['entries'][number];

/** Stands between namespace and key. */
const SEPARATOR = '\u0000';

/**
 * Of one partition under one Q. A key travels as namespace and key, and its place is found anew: no
 * place is taken from a peer.
 */
export class StrongWire {
  readonly #partition: number;
  readonly #partitionCount: number;

  constructor(partition: number, partitionCount: number) {
    this.#partition = partition;
    this.#partitionCount = partitionCount;
  }

  at(key: KeyText): RecordKey {
    return recordKeyAt(key, this.#partitionCount);
  }

  bytesOf(key: KeyText, state: Siblings): Uint8Array {
    return encodeRecord(this.at(key), state);
  }

  requestTo(request: AcceptorRequest): WireRequest {
    switch (request.is) {
      case 'activate': {
        const { is, ballot, isLast: last } = request;
        return { is, ballot, entries: request.entries.map((one) => this.settlementTo(one)), last };
      }
      case 'check':
        return { is: 'check', proposal: this.#proposalTo(request.proposal) };
      case 'accept':
        return { ...request, proposal: this.#proposalTo(request.proposal) };
      case 'learn': {
        const { is, id, isSettled: settled, state } = request;
        const told = typeof state === 'string' ? state : this.bytesOf(request.key, state);
        return { is, key: this.#keyTo(request.key), id, state: told, settled };
      }
      case 'forget':
        return { ...request, key: this.#keyTo(request.key) };
      case 'prepare':
      case 'forget ballot':
        return request;
    }
  }

  /** @throws OperatingError `corrupt_bytes`, `unknown_format` */
  requestFrom(wire: WireRequest): AcceptorRequest {
    switch (wire.is) {
      case 'activate': {
        const { is, ballot, last: isLast } = wire;
        return {
          is,
          ballot,
          entries: wire.entries.map((one) => this.#settlementFrom(one)),
          isLast,
        };
      }
      case 'check':
        return { is: 'check', proposal: this.#proposalFrom(wire.proposal) };
      case 'accept':
        return { ...wire, proposal: this.#proposalFrom(wire.proposal) };
      case 'learn': {
        const { is, id, settled: isSettled, state } = wire;
        const key = this.#keyFrom(wire.key);
        const told = typeof state === 'string' ? state : this.#stateFrom(key, state);
        return { is, key, id, state: told, isSettled };
      }
      case 'forget':
        return { ...wire, key: this.#keyFrom(wire.key) };
      case 'prepare':
      case 'forget ballot':
        return wire;
    }
  }

  replyTo(reply: AcceptorReply): WireReply {
    switch (reply.is) {
      case 'promised': {
        const entries = reply.entries.map((entry) => this.#entryTo(entry));
        return { ...reply, entries, next: reply.next ?? null };
      }
      case 'uncovered': {
        const { is, key, id } = reply;
        return { is, key: this.#keyTo(key), id, record: this.stateTo(key, reply.record) };
      }
      case 'covered':
      case 'accepted':
      case 'learned':
        return { ...reply, key: this.#keyTo(reply.key) };
      case 'refused':
      case 'activated':
        return reply;
    }
  }

  /** @throws OperatingError `corrupt_bytes`, `unknown_format` */
  replyFrom(wire: WireReply): AcceptorReply {
    switch (wire.is) {
      case 'promised': {
        const entries = wire.entries.map((entry) => this.#entryFrom(entry));
        return { ...wire, entries, next: wire.next ?? undefined };
      }
      case 'uncovered': {
        const { is, id, record } = wire;
        const key = this.#keyFrom(wire.key);
        return { is, key, id, record: this.stateFrom(key, record) };
      }
      case 'covered':
      case 'accepted':
      case 'learned':
        return { ...wire, key: this.#keyFrom(wire.key) };
      case 'refused':
      case 'activated':
        return wire;
    }
  }

  settlementTo(settlement: Settlement): WireSettlement {
    const key = this.#keyTo(settlement.key);
    if (settlement.adopted !== undefined) {
      const adopted = this.acceptanceTo(settlement.key, settlement.adopted);
      return { key, adopted, mark: null, record: null };
    }
    const { mark, record } = settlement;
    const told = this.stateTo(settlement.key, record);
    return { key, adopted: null, mark: mark ?? null, record: told };
  }

  acceptanceTo(key: KeyText, { id, dot, state, isCopied }: Acceptance): WireAcceptance {
    return { id, dot: dot ?? null, state: this.bytesOf(key, state), copied: isCopied };
  }

  acceptanceFrom(key: KeyText, { id, dot, state, copied }: WireAcceptance): Acceptance {
    const told = this.#stateFrom(key, state);
    return { id, dot: dot ?? undefined, state: told, isCopied: copied };
  }

  stateTo(key: KeyText, state: Siblings | undefined): Uint8Array | null {
    return state === undefined ? null : this.bytesOf(key, state);
  }

  stateFrom(key: KeyText, bytes: Uint8Array | null): Siblings | undefined {
    return bytes === null ? undefined : this.#stateFrom(key, bytes);
  }

  #stateFrom(key: KeyText, bytes: Uint8Array): Siblings {
    return decodeRecord(this.at(key), bytes);
  }

  #keyTo(key: KeyText): string {
    const { namespace, key: text } = this.at(key);
    return `${namespace}${SEPARATOR}${text}`;
  }

  #keyFrom(text: string): KeyText {
    const split = text.indexOf(SEPARATOR);
    if (split < 0) throw foreign();
    const at = recordKey(text.slice(0, split), text.slice(split + 1), this.#partitionCount);
    if (at.partition !== this.#partition) throw foreign();
    return placeOf(at);
  }

  #entryTo({ key, acceptance, mark, record }: PromiseEntry): WireEntry {
    return {
      key: this.#keyTo(key),
      acceptance: acceptance === undefined ? null : this.acceptanceTo(key, acceptance),
      mark: mark ?? null,
      record: this.stateTo(key, record),
    };
  }

  #entryFrom({ key: text, acceptance, mark, record }: WireEntry): PromiseEntry {
    const key = this.#keyFrom(text);
    return {
      key,
      acceptance: acceptance === null ? undefined : this.acceptanceFrom(key, acceptance),
      mark: mark ?? undefined,
      record: this.stateFrom(key, record),
    };
  }

  #settlementFrom({ key: text, adopted, mark, record }: WireSettlement): Settlement {
    const key = this.#keyFrom(text);
    if (adopted !== null) return { key, adopted: this.acceptanceFrom(key, adopted) };
    const told = this.stateFrom(key, record);
    return { key, adopted: undefined, mark: mark ?? undefined, record: told };
  }

  #proposalTo({ key, id, dot, state, base }: Proposal): WireProposal {
    const bytes = this.bytesOf(key, state);
    return { key: this.#keyTo(key), id, dot: dot ?? null, state: bytes, base: [...base] };
  }

  #proposalFrom({ key: text, id, dot, state, base }: WireProposal): Proposal {
    const key = this.#keyFrom(text);
    return { key, id, dot: dot ?? undefined, state: this.#stateFrom(key, state), base };
  }
}

function foreign(): OperatingError {
  return new OperatingError('corrupt_bytes', 'a proposal is of no key of its partition');
}
