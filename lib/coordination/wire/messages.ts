/** What coordinators and replicas say to each other. Records travel as they are stored. */
import { z } from 'zod';
import { messageType } from '../../rpc/message.js';
import { wireBytes as bytes, wireDot as dot, keyNames as address } from '../../rpc/shapes.js';
import { isPlainClock, type PlainClock } from '../../versioning/partition-clock.js';
import { contextShape } from './seen-wire.js';

const dropped = z.object({
  version: z.string(),
  contentType: z.string(),
  value: bytes.nullable(),
  bytes: z.number(),
  writtenAt: z.number(),
});
export const auditEntry = z.object({
  at: z.number(),
  strategy: z.string(),
  by: z.string(),
  kept: z.string(),
  dropped: z.array(dropped),
});
export type WireDropped = z.infer<typeof dropped>;
export type WireAuditEntry = z.infer<typeof auditEntry>;

/** See `BlindReport`. It travels with the acknowledgement of a copy. */
export const blindReport = z.object({
  live: z.boolean(),
  open: z.boolean(),
  beside: z.array(
    z.object({ dot, stamp: z.number(), state: z.enum(['value', 'tombstone', 'stub']) }),
  ),
  context: contextShape,
});

/** What do you hold for absent primaries of this key? */
export const HELD = messageType(
  'coordination.held',
  z.object(address),
  z.object({ record: bytes.nullable() }),
);

/** What do the clocks of these partitions have on your disk? `null`: the partition is rebuilt. */
export const PERSISTED_CLOCKS = messageType(
  'coordination.persisted-clocks',
  z.object({ partitions: z.array(z.number()) }),
  z.object({ clocks: z.array(z.custom<PlainClock>(isPlainClock).nullable()) }),
);

const lostIn = z.tuple([z.number(), z.string(), z.number()]);
const heldClocks = z.object({
  clocks: z.array(z.custom<PlainClock>(isPlainClock).nullable()),
  lost: z.array(lostIn),
});
export type HeldClocksReply = z.infer<typeof heldClocks>;

/**
 * Write what the clocks of these partitions have to your disk, and answer it. `null`: the clock may
 * lack what you hold, or you have accepted something that you have not learned. `lost`: see
 * `Losses`.
 */
export const HELD_CLOCKS = messageType(
  'coordination.held-clocks',
  z.object({ partitions: z.array(z.number()) }),
  heldClocks,
);

/** A list of what is kept of a key: what follows that id, as many as a message is to hold. */
const part = z.object({ ...address, after: z.string().nullable() });
export type PartRequest = z.infer<typeof part>;

/**
 * How were conflicts of this key resolved, as far as you know? Each entry with its id. `more`:
 * others follow the last one.
 */
export const RESOLUTIONS = messageType(
  'coordination.resolutions',
  part,
  z.object({ entries: z.array(z.tuple([z.string(), auditEntry])), more: z.boolean() }),
);

/** Which superseded versions of this key do you keep? Their ids are the versions. */
export const VERSIONS = messageType(
  'coordination.versions',
  part,
  z.object({ versions: z.array(dropped.omit({ value: true })), more: z.boolean() }),
);

/** One of them, whole. */
export const VERSION = messageType(
  'coordination.version',
  z.object({ ...address, version: z.string() }),
  z.object({ kept: dropped.nullable() }),
);

/**
 * Which keys are in conflict on your replicas? Entries of the index, behind `after`, in order: up
 * to `limit` of them, one at least, as many as a message is to hold. `more`: others may follow.
 */
export const CONFLICTS = messageType(
  'coordination.conflicts',
  z.object({ after: z.string(), limit: z.number() }),
  z.object({ entries: z.array(z.string()), more: z.boolean() }),
);

/**
 * Which keys do you hold of these partitions (a bit each, from the lowest on), in order, behind
 * `after`? Up to `limit` of them, as many as a message is to hold. `states`: of those that are not
 * plain the place in `keys` and the record without its values. `reached`: all up to this key is
 * sent; null: all there is. `obstructed`: partitions of which you vouch for nothing.
 */
export const KEYS_IN_ORDER = messageType(
  'coordination.keys',
  z.object({
    namespace: z.string(),
    prefix: z.string(),
    after: z.string(),
    limit: z.int().min(1),
    partitions: bytes,
    /** What is accepted at `strong` is settled first: `settlesAcceptances`. */
    settled: z.boolean(),
  }),
  z.object({
    keys: z.array(z.string()),
    states: z.array(z.tuple([z.number(), bytes])),
    reached: z.string().nullable(),
    obstructed: z.array(z.number()),
    start: z.number(),
    lost: z.array(lostIn),
  }),
);
