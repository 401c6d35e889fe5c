/**
 * What proposers, acceptors and coordinators of the strong level say to each other
 * (docs/consensus.md). States and records travel as records are stored.
 */
import { z } from 'zod';
import { messageType } from '../../rpc/message.js';
import { wireBytes as bytes, wireDot as dot, keyNames as address } from '../../rpc/shapes.js';
import { contextShape, seenShape } from '../wire/seen-wire.js';

const ballot = z.object({ round: z.number(), node: z.string(), start: z.number() });
const id = z.object({ ballot, seq: z.number() });
/** Namespace, U+0000, key. */
const key = z.string();
const acceptance = z.object({ id, dot: dot.nullable(), state: bytes, copied: z.boolean() });
const proposal = z.object({ key, id, dot: dot.nullable(), state: bytes, base: z.array(dot) });

/** Of an owner: in which start it says this, and whose earlier answers count no more. */
const answered = {
  start: z.number(),
  lost: z.array(z.tuple([z.string(), z.number()])),
};

const entry = z.object({
  key,
  acceptance: acceptance.nullable(),
  mark: id.nullable(),
  record: bytes.nullable(),
});

const settlement = z.object({
  key,
  adopted: acceptance.nullable(),
  mark: id.nullable(),
  record: bytes.nullable(),
});

const requestToAcceptor = z.discriminatedUnion('is', [
  /** Empty: the first page, which alone raises the promise. */
  z.object({ is: z.literal('prepare'), ballot, from: z.string() }),
  z.object({
    is: z.literal('activate'),
    ballot,
    entries: z.array(settlement),
    last: z.boolean(),
  }),
  z.object({ is: z.literal('check'), proposal }),
  z.object({ is: z.literal('accept'), proposal, start: z.number() }),
  z.object({
    is: z.literal('learn'),
    key,
    id,
    state: z.union([bytes, z.enum(['held', 'absent'])]),
    settled: z.boolean(),
  }),
  z.object({ is: z.literal('forget'), key, id }),
  z.object({ is: z.literal('forget ballot'), ballot }),
]);

const replyOfAcceptor = z.discriminatedUnion('is', [
  z.object({
    is: z.literal('promised'),
    ballot,
    active: ballot,
    entries: z.array(entry),
    from: z.string(),
    next: z.string().nullable(),
  }),
  z.object({ is: z.literal('refused'), ballot, promised: ballot }),
  z.object({ is: z.literal('activated'), ballot }),
  z.object({ is: z.literal('covered'), key, id }),
  z.object({ is: z.literal('uncovered'), key, id, record: bytes.nullable() }),
  z.object({ is: z.literal('accepted'), key, id }),
  z.object({ is: z.literal('learned'), key, id }),
]);

/** PREPARE, ACTIVATE, CHECK, ACCEPT, LEARN and FORGET. Null: there is nothing to be said. */
export const ACCEPTOR = messageType(
  'strong.acceptor',
  z.object({ partition: z.number(), request: requestToAcceptor }),
  z.object({ ...answered, reply: replyOfAcceptor.nullable() }),
);

/** What do you hold of this key, synced? Records come without their values. */
export const ASK = messageType(
  'strong.ask',
  z.object(address),
  z.object({
    ...answered,
    promised: ballot,
    active: z.boolean(),
    busy: z.boolean(),
    record: bytes.nullable(),
    acceptance: acceptance.nullable(),
  }),
);

const change = z.object({
  state: z.enum(['value', 'tombstone']),
  contentType: z.string(),
  value: bytes,
  ttlSeconds: z.union([z.number(), z.literal('keep')]).nullable(),
  expiresAt: z.number().nullable(),
  seen: seenShape.nullable(),
  /** Of a resolution: for its audit entry. */
  resolving: z.object({ strategy: z.string(), by: z.string() }).nullable(),
  /** What its writer had seen, of all keys. */
  past: bytes.nullable(),
});

const condition = z.discriminatedUnion('is', [
  z.object({ is: z.enum(['none', 'absent', 'present']) }),
  z.object({ is: z.literal('match'), values: z.array(z.string()) }),
]);

/** The courses that it ran, as JSON text; null: it was not asked to explain. */
const explained = z.string().nullable();

/** A client's operation, passed on to an owner that decides it or names who does. */
export const PROPOSE = messageType(
  'strong.propose',
  z.object({
    ...address,
    /** Null: a read. */
    change: change.nullable(),
    condition,
    /** Its dots, where it takes effect once. */
    once: z.object({ dot, end: dot }).nullable(),
    /** A read that a clock, or its answers, left open: it must be decided as an operation. */
    decide: z.boolean(),
    /** Be the proposer, whoever was it: that one does not answer. */
    takeOver: z.boolean(),
    /** Say how it came about. */
    explain: z.boolean(),
  }),
  z.discriminatedUnion('is', [
    z.object({
      is: z.literal('applied'),
      dot,
      stamp: z.number(),
      context: contextShape,
      replaced: z.array(z.string()),
      explained,
    }),
    z.object({ is: z.enum(['read', 'unmet']), record: bytes.nullable(), explained }),
    z.object({
      is: z.literal('settled'),
      as: z.enum(['applied', 'ended', 'forgotten']),
      record: bytes.nullable(),
      explained,
    }),
    /** Nothing happened. Empty: nobody is known to be the proposer. */
    z.object({ is: z.literal('elsewhere'), proposer: z.string(), explained }),
  ]),
);

/** What became of a proposal of an earlier ballot? */
export const OUTCOME = messageType(
  'strong.outcome',
  z.object({ ...address, dot, ballot }),
  z.object({ outcome: z.enum(['chosen', 'dead', 'unknown']) }),
);
