/** How promises, acceptances and marks of the strong level are stored (docs/consensus.md). */
import type { Ballot, ProposalId } from '../consensus/ballot.js';
import type { Acceptance } from '../consensus/messages.js';
import { decodeStored, encodeStored } from './checksummed.js';
import { decodeState, encodeState } from './encoded-states.js';
import { partitionKey, type ProposalKind, proposalKey, type RecordKey } from './keyspace.js';

/** What an owner has promised in a partition, and the highest ballot that it has activated. */
export interface Ballots {
  readonly promised: Ballot;
  readonly active: Ballot;
}

/** An acceptance or a mark, as it lies on the disk. */
export interface StoredProposal {
  readonly at: RecordKey;
  readonly kind: ProposalKind;
  readonly bytes: Uint8Array;
}

export interface ProposalPage {
  readonly proposals: readonly StoredProposal[];
  /** Where the next page begins; undefined: there is none. */
  readonly next: string | undefined;
}

type PlainBallot = [round: number, node: string, start: number];
type PlainId = [...PlainBallot, seq: number];
/** `writer` is empty where nothing was written. */
type PlainAcceptance = [...PlainId, writer: string, n: number, copied: boolean, state: Uint8Array];

/** [promised round, node, start, active round, node, start]. */
export function encodeBallots(partition: number, { promised, active }: Ballots): Uint8Array {
  const key = partitionKey('ballots', partition);
  return encodeStored(key, [...plainBallot(promised), ...plainBallot(active)]);
}

/** @throws OperatingError `corrupt_bytes`, `unknown_format` */
export function decodeBallots(partition: number, bytes: Uint8Array): Ballots {
  const plain = decodeStored(partitionKey('ballots', partition), bytes);
  const [round, node, start, ...active] = plain as [...PlainBallot, ...PlainBallot];
  return { promised: { round, node, start }, active: ballotOf(active) };
}

/** [round, node, start, seq, writer, n, copied, the state as a record]. */
export function encodeAcceptance(at: RecordKey, acceptance: Acceptance): Uint8Array {
  const { id, dot, state, isCopied } = acceptance;
  const plain: PlainAcceptance = [
    ...plainId(id),
    ...([dot?.writer ?? '', dot?.n ?? 0] as const),
    isCopied,
    encodeState(at, state),
  ];
  return encodeStored(proposalKey('acceptance', at), plain);
}

/** @throws OperatingError `corrupt_bytes`, `unknown_format` */
export function decodeAcceptance(at: RecordKey, bytes: Uint8Array): Acceptance {
  const plain = decodeStored(proposalKey('acceptance', at), bytes) as PlainAcceptance;
  const [round, node, start, seq, writer, n, isCopied, state] = plain;
  return {
    id: { ballot: { round, node, start }, seq },
    dot: writer === '' ? undefined : { writer, n },
    state: decodeState(at, state),
    isCopied,
  };
}

/** [round, node, start, seq]. */
export function encodeMark(at: RecordKey, mark: ProposalId): Uint8Array {
  return encodeStored(proposalKey('mark', at), plainId(mark));
}

/** @throws OperatingError `corrupt_bytes`, `unknown_format` */
export function decodeMark(at: RecordKey, bytes: Uint8Array): ProposalId {
  const plain = decodeStored(proposalKey('mark', at), bytes) as PlainId;
  const [round, node, start, seq] = plain;
  return { ballot: { round, node, start }, seq };
}

/** @throws OperatingError `corrupt_bytes`, `unknown_format` */
export function decodeProposal({ at, kind, bytes }: StoredProposal): {
  readonly acceptance: Acceptance | undefined;
  readonly mark: ProposalId | undefined;
} {
  return kind === 'acceptance'
    ? { acceptance: decodeAcceptance(at, bytes), mark: undefined }
    : { acceptance: undefined, mark: decodeMark(at, bytes) };
}

function plainBallot({ round, node, start }: Ballot): PlainBallot {
  return [round, node, start];
}

function ballotOf([round, node, start]: PlainBallot): Ballot {
  return { round, node, start };
}

function plainId({ ballot, seq }: ProposalId): PlainId {
  return [...plainBallot(ballot), seq];
}
