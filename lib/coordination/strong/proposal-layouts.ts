/**
 * What a proposer and the acceptors say to each other about a proposal, and what acceptors answer
 * readers, in messages of fixed layout (docs/consensus.md). States and records travel as records
 * are stored.
 */
import type { LayoutReader, LayoutWriter } from '../../encoding/layout.js';
import type { Ballot, ProposalId } from '../../consensus/ballot.js';
import { layoutType } from '../../rpc/layout-type.js';
import type { LostOwners } from '../../rpc/hot-messages.js';
import { readLost, writeLost } from '../../rpc/hot-layout.js';
import type { Dot } from '../../versioning/dot.js';
import {
  readBytesOrNone,
  readDot,
  readDotOrNone,
  readFlag,
  readList,
  readOneOf,
  writeBytesOrNone,
  writeDot,
  writeDotOrNone,
  writeFlag,
  writeList,
  writeOneOf,
} from '../wire/layout-parts.js';

/** As it travels: the key is namespace, U+0000, key. */
export interface WireProposal {
  readonly key: string;
  readonly id: ProposalId;
  readonly dot: Dot | undefined;
  readonly state: Uint8Array;
  readonly base: readonly Dot[];
  readonly above: Dot | undefined;
}

export interface WireAcceptance extends Pick<WireProposal, 'id' | 'dot' | 'state'> {
  readonly copied: boolean;
}

export type WireRequest =
  | { readonly is: 'check'; readonly proposal: WireProposal }
  | { readonly is: 'accept'; readonly proposal: WireProposal; readonly start: number }
  | {
      readonly is: 'learn';
      readonly key: string;
      readonly id: ProposalId;
      readonly state: Uint8Array | 'held' | 'absent';
      readonly settled: boolean;
      readonly voided: readonly Dot[];
    }
  | { readonly is: 'forget'; readonly key: string; readonly id: ProposalId };

/** Of which proposal it is, whoever asked knows. */
export type WireAnswer =
  | { readonly is: 'covered' | 'accepted' | 'learned' }
  | { readonly is: 'uncovered'; readonly record: Uint8Array | undefined }
  | { readonly is: 'refused'; readonly promised: Ballot };

/** Of an owner: in which start it says this, and whose earlier answers count no more. */
interface Answered {
  readonly start: number;
  readonly lost: LostOwners;
}

interface ProposalRequest {
  readonly partition: number;
  readonly request: WireRequest;
}

interface ProposalReply extends Answered {
  /** Undefined: there is nothing to be said. */
  readonly answer: WireAnswer | undefined;
}

interface AskRequest {
  readonly namespace: string;
  readonly key: string;
}

export interface AskReply extends Answered {
  readonly promised: Ballot;
  readonly active: boolean;
  readonly busy: boolean;
  readonly record: Uint8Array | undefined;
  readonly acceptance: WireAcceptance | undefined;
}

const REQUESTS = ['check', 'accept', 'learn', 'forget'] as const;
const LEARNED = ['held', 'absent', 'state'] as const;
const ANSWERS = ['none', 'covered', 'accepted', 'learned', 'uncovered', 'refused'] as const;

const proposalLayouts = {
  request: {
    write: (writer: LayoutWriter, { partition, request }: ProposalRequest) => {
      writer.u32(partition);
      writeRequest(writer, request);
    },
    read: (reader: LayoutReader) => ({ partition: reader.u32(), request: readRequest(reader) }),
  },
  reply: {
    write: (writer: LayoutWriter, reply: ProposalReply) => {
      writeAnswered(writer, reply);
      writeAnswer(writer, reply.answer);
    },
    read: (reader: LayoutReader) => ({ ...readAnswered(reader), answer: readAnswer(reader) }),
  },
};

/** CHECK, ACCEPT, LEARN and FORGET; the last two may be notifications. */
export const PROPOSAL = layoutType<ProposalRequest, ProposalReply>(
  'strong.proposal',
  1,
  proposalLayouts,
  true,
);

/** What do you hold of this key, synced? Records come without their values. */
export const ASK = layoutType<AskRequest, AskReply>('strong.ask', 2, {
  request: {
    write: (writer, { namespace, key }) => {
      writer.text(namespace);
      writer.text(key);
    },
    read: (reader) => ({ namespace: reader.text(), key: reader.text() }),
  },
  reply: {
    write: (writer, reply) => {
      const { promised, active, busy, record, acceptance } = reply;
      writeAnswered(writer, reply);
      writeBallot(writer, promised);
      writeFlag(writer, active);
      writeFlag(writer, busy);
      writeBytesOrNone(writer, record);
      writeFlag(writer, acceptance !== undefined);
      if (acceptance !== undefined) writeAcceptance(writer, acceptance);
    },
    read: (reader) => ({
      ...readAnswered(reader),
      promised: readBallot(reader),
      active: readFlag(reader),
      busy: readFlag(reader),
      record: readBytesOrNone(reader),
      acceptance: readFlag(reader) ? readAcceptance(reader) : undefined,
    }),
  },
});

function writeRequest(writer: LayoutWriter, request: WireRequest): void {
  writeOneOf(writer, REQUESTS, request.is);
  switch (request.is) {
    case 'accept':
      writer.u53(request.start);
      writeProposal(writer, request.proposal);
      break;
    case 'check':
      writeProposal(writer, request.proposal);
      break;
    case 'learn': {
      const { state, settled, voided } = request;
      writeNamed(writer, request);
      writeFlag(writer, settled);
      writeList(writer, voided, writeDot);
      writeOneOf(writer, LEARNED, typeof state === 'string' ? state : 'state');
      if (typeof state !== 'string') writer.bytes(state);
      break;
    }
    case 'forget':
      writeNamed(writer, request);
  }
}

function readRequest(reader: LayoutReader): WireRequest {
  const is = readOneOf(reader, REQUESTS);
  switch (is) {
    case 'accept': {
      const start = reader.u53();
      return { is, start, proposal: readProposal(reader) };
    }
    case 'check':
      return { is, proposal: readProposal(reader) };
    case 'learn': {
      const { key, id } = readNamed(reader);
      const settled = readFlag(reader);
      const voided = readList(reader, readDot);
      const kind = readOneOf(reader, LEARNED);
      const state = kind === 'state' ? reader.bytesToKeep() : kind;
      return { is, key, id, settled, voided, state };
    }
    case 'forget':
      return { is, ...readNamed(reader) };
  }
}

function writeAnswer(writer: LayoutWriter, answer: WireAnswer | undefined): void {
  writeOneOf(writer, ANSWERS, answer?.is ?? 'none');
  if (answer?.is === 'uncovered') writeBytesOrNone(writer, answer.record);
  if (answer?.is === 'refused') writeBallot(writer, answer.promised);
}

function readAnswer(reader: LayoutReader): WireAnswer | undefined {
  const is = readOneOf(reader, ANSWERS);
  if (is === 'none') return undefined;
  if (is === 'uncovered') return { is, record: readBytesOrNone(reader) };
  return is === 'refused' ? { is, promised: readBallot(reader) } : { is };
}

function writeAnswered(writer: LayoutWriter, { start, lost }: Answered): void {
  writer.u53(start);
  writeLost(writer, lost);
}

function readAnswered(reader: LayoutReader): Answered {
  return { start: reader.u53(), lost: readLost(reader) };
}

function writeProposal(writer: LayoutWriter, proposal: WireProposal): void {
  writeNamed(writer, proposal);
  writeDotOrNone(writer, proposal.dot);
  writer.bytes(proposal.state);
  writeList(writer, proposal.base, writeDot);
  writeDotOrNone(writer, proposal.above);
}

function readProposal(reader: LayoutReader): WireProposal {
  return {
    ...readNamed(reader),
    dot: readDotOrNone(reader),
    state: reader.bytesToKeep(),
    base: readList(reader, readDot),
    above: readDotOrNone(reader),
  };
}

function writeAcceptance(writer: LayoutWriter, { id, dot, state, copied }: WireAcceptance): void {
  writeId(writer, id);
  writeDotOrNone(writer, dot);
  writer.bytes(state);
  writeFlag(writer, copied);
}

function readAcceptance(reader: LayoutReader): WireAcceptance {
  return {
    id: readId(reader),
    dot: readDotOrNone(reader),
    state: reader.bytesToKeep(),
    copied: readFlag(reader),
  };
}

function writeNamed(writer: LayoutWriter, { key, id }: Pick<WireProposal, 'key' | 'id'>): void {
  writer.text(key);
  writeId(writer, id);
}

function readNamed(reader: LayoutReader): Pick<WireProposal, 'key' | 'id'> {
  return { key: reader.text(), id: readId(reader) };
}

function writeId(writer: LayoutWriter, { ballot, seq }: ProposalId): void {
  writeBallot(writer, ballot);
  writer.u53(seq);
}

function readId(reader: LayoutReader): ProposalId {
  return { ballot: readBallot(reader), seq: reader.u53() };
}

function writeBallot(writer: LayoutWriter, { round, node, start }: Ballot): void {
  writer.u53(round);
  writer.text(node);
  writer.u53(start);
}

function readBallot(reader: LayoutReader): Ballot {
  return { round: reader.u53(), node: reader.text(), start: reader.u53() };
}
