/** What owners of the same partitions ask each other, so that each can prove how old it is. */
import { z } from 'zod';
import { messageType } from '../rpc/message.js';

const partition = z.number();

/**
 * "What have you seen since you reported last?" The reply has the first of it, one entry at least,
 * and what this owner cannot vouch for.
 */
export const TESTIFY = messageType(
  'staleness.testify',
  z.object({ life: z.string(), since: z.number() }),
  z.object({
    life: z.string(),
    upTo: z.number(),
    isLast: z.boolean(),
    emptied: z.array(partition),
    silent: z.array(partition),
    writers: z.array(z.string()),
    /** [partition, place of the writer, prefix, runs...]; see `PlainClock`. */
    seen: z.array(z.array(z.number())),
    /** [partition, place of the writer, number]. */
    accepted: z.array(z.array(z.number())),
  }),
);
