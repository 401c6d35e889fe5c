/** What owners of the same partitions say to each other to find out where they differ. */
import { z } from 'zod';
import { messageType } from '../rpc/message.js';
import { wireBytes as bytes, wireDot as dot, keyNames as address } from '../rpc/shapes.js';
import { isPlainClock, type PlainClock } from '../versioning/partition-clock.js';

const clock = z.custom<PlainClock>(isPlainClock);
const partition = z.number();

/** [partition, hash of the clock, root], of one moment. */
const rooted = z.tuple([partition, z.number(), bytes]);
export type Rooted = z.infer<typeof rooted>;

/**
 * "Of all partitions that we both own, this is what I have seen." Where clocks differ, the reply
 * has the hash of each clock, and the roots of the trees of the partitions in `rootsOf` alone
 * (null: of all): under steady writes clocks differ at every moment, and trees are costly to build.
 * Where all clocks agree, it has one root over all that is held.
 */
export const COMPARE = messageType(
  'anti-entropy.compare',
  z.object({ clocks: z.number(), rootsOf: z.array(partition).nullable() }),
  z.object({
    /** [partition, hash of the clock] */
    clocks: z.array(z.tuple([partition, z.number()])),
    root: bytes.nullable(),
    /** Of the partitions in `rootsOf`, where clocks differ. */
    roots: z.array(rooted),
  }),
);

/** "What are the roots of all partitions that we both own?" */
export const ROOTS = messageType(
  'anti-entropy.roots',
  z.object({}),
  z.object({ roots: z.array(rooted) }),
);

/** "What have you seen of these partitions?" The reply has the first of them, one at least. */
export const CLOCKS = messageType(
  'anti-entropy.clocks',
  z.object({ partitions: z.array(partition) }),
  z.object({ clocks: z.array(z.tuple([partition, clock])) }),
);

/**
 * "I lost what I held of these partitions: from this start of me on my answers count again." The
 * reply says that this is known, durably, and what else is known of owners of the same partitions.
 */
export const LOST = messageType(
  'anti-entropy.lost',
  z.object({ losses: z.array(z.tuple([partition, z.number()])) }),
  z.object({ lost: z.array(z.tuple([partition, z.string(), z.number()])) }),
);

/**
 * "Send me the records with versions that this clock lacks, from here on." The first page brings
 * the clock that stands behind all pages, as it was before they were read.
 */
export const PULL = messageType(
  'anti-entropy.pull',
  z.object({ partition, clock, from: z.string() }),
  z.object({
    records: z.array(z.tuple([z.string(), z.string(), bytes])),
    /** Where the next page begins; null: there is none. */
    next: z.string().nullable(),
    snapshot: clock.nullable(),
    /** Is the sender under rebuild itself? Then its clock does not say what it has not seen. */
    refilling: z.boolean(),
    /** Of the sender's clock: all pages must be of one. */
    generation: z.string(),
  }),
);

/**
 * "What have you promised, accepted and learned in this partition, and not forgotten?" All as it is
 * stored, page by page.
 */
export const PROPOSALS = messageType(
  'anti-entropy.proposals',
  z.object({ partition, from: z.string() }),
  z.object({
    ballots: bytes,
    /** [namespace, key, what it is, the stored bytes] */
    proposals: z.array(z.tuple([z.string(), z.string(), z.enum(['acceptance', 'mark']), bytes])),
    next: z.string().nullable(),
  }),
);

/** "How do the leaves of this partition look?" The live sums of its 256 leaves, 8 bytes each. */
export const LEAF_SUMS = messageType(
  'anti-entropy.leaves',
  z.object({ partition, branches: z.array(z.number()) }),
  z.object({ leaves: z.array(z.tuple([z.number(), bytes])) }),
);

/** "Which branches does your tree of this partition have?" */
export const BRANCH_SUMS = messageType(
  'anti-entropy.branches',
  z.object({ partition }),
  z.object({ branches: z.array(bytes) }),
);

/** "Which live records lie in these leaves?" */
export const KEYS = messageType(
  'anti-entropy.keys',
  z.object({ partition, leaves: z.array(z.number()), from: z.string() }),
  z.object({
    /** [namespace, key, fingerprint] */
    keys: z.array(z.tuple([z.string(), z.string(), z.string()])),
    next: z.string().nullable(),
  }),
);

/**
 * "What do you hold of these keys now?" Refused by an owner under rebuild. The reply has the first
 * of them, one at least, as many as a message is to hold.
 */
export const RECORDS = messageType(
  'anti-entropy.records',
  z.object({ keys: z.array(z.object(address)) }),
  z.object({ records: z.array(bytes.nullable()) }),
);

/** What an owner knows of one version; see dot-status.ts. */
const status = z.enum(['value', 'ended', 'covered', 'absent', 'unseen']);

/** "What became of these versions of a key?" */
export const DOT_STATUS = messageType(
  'anti-entropy.dot-status',
  z.object({ ...address, dots: z.array(dot) }),
  z.object({
    rebuilding: z.boolean(),
    statuses: z.array(status),
    /** Which of the dots the persisted clock has. */
    persisted: z.array(z.boolean()),
  }),
);

/**
 * "May these tombstones and stubs be removed?" The clock as it is on the disk; null while
 * rebuilding.
 */
export const PERSISTED = messageType(
  'anti-entropy.persisted',
  z.object({
    partition,
    stubs: z.array(z.object({ ...address, dots: z.array(dot) })),
  }),
  z.object({
    clock: clock.nullable(),
    /** For each of the stubs: is one of its dots held as a value here? */
    valued: z.array(z.boolean()),
  }),
);

/**
 * "At which ballot do you decide, if every owner has activated it? And what have you seen?" The
 * clock is empty where it was not asked for. Refused by an owner under rebuild.
 */
export const SETTLED = messageType(
  'anti-entropy.settled',
  z.object({ partition, clock: z.boolean() }),
  z.object({
    ballot: z.object({ round: z.number(), node: z.string(), start: z.number() }).nullable(),
    clock,
  }),
);

/** "Compare yourself with all others now." */
export const EXCHANGE_NOW = messageType(
  'anti-entropy.exchange-now',
  z.object({ partition: partition.nullable(), dryRun: z.boolean() }),
  z.object({
    reports: z.array(
      z.object({
        peer: z.string(),
        error: z.string().nullable(),
        records: z.number(),
        bytes: z.number(),
        differences: z.number(),
        keys: z.array(
          z.object({
            namespace: z.string(),
            key: z.string(),
            partition,
            here: z.string(),
            there: z.string(),
          }),
        ),
      }),
    ),
  }),
);

const convergence = z.object({
  node: z.string(),
  exchanges: z.array(
    z.object({
      peer: z.string(),
      at: z.number(),
      result: z.enum(['alike', 'different', 'failed']),
      records: z.number(),
    }),
  ),
  rebuilding: z.array(partition),
  scrubbed: z.number(),
  owned: z.number(),
  tombstones: z.number(),
  blocked: z.array(z.object({ reason: z.string(), count: z.number() })),
});

/** "How far are you: exchanges, rebuilds, scrubs, and what may not be collected?" */
export const CONVERGENCE = messageType(
  'anti-entropy.convergence',
  z.object({}),
  z.object({ report: convergence }),
);
