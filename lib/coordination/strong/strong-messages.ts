/**
 * What proposers and acceptors say to each other of ballots, and what became of old proposals
 * (docs/consensus.md). What each operation needs: proposal-layouts.ts, propose-layout.ts. States
 * and records travel as records are stored.
 */
import { z } from 'zod';
import { messageType } from '../../rpc/message.js';
import { wireBytes as bytes, wireDot as dot, keyNames as address } from '../../rpc/shapes.js';

const ballot = z.object({ round: z.number(), node: z.string(), start: z.number() });
const id = z.object({ ballot, seq: z.number() });
/** Namespace, U+0000, key. */
const key = z.string();
const acceptance = z.object({ id, dot: dot.nullable(), state: bytes, copied: z.boolean() });

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

const ballotRequest = z.discriminatedUnion('is', [
  /** Empty: the first page, which alone raises the promise. */
  z.object({ is: z.literal('prepare'), ballot, from: z.string() }),
  z.object({
    is: z.literal('activate'),
    ballot,
    entries: z.array(settlement),
    last: z.boolean(),
  }),
  z.object({ is: z.literal('forget ballot'), ballot }),
]);

const ballotReply = z.discriminatedUnion('is', [
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
]);

/** PREPARE, ACTIVATE and FORGET of a ballot. Null: there is nothing to be said. */
export const BALLOTS = messageType(
  'strong.ballot',
  z.object({ partition: z.number(), request: ballotRequest }),
  z.object({ ...answered, reply: ballotReply.nullable() }),
);

/** What became of a proposal of an earlier ballot? */
export const OUTCOME = messageType(
  'strong.outcome',
  z.object({ ...address, dot, ballot }),
  z.object({ outcome: z.enum(['chosen', 'dead', 'unknown']) }),
);
