/** What holders of hints and their targets say to each other. Records travel as they are stored. */
import { z } from 'zod';
import { messageType } from '../rpc/message.js';
import { wireBytes as bytes, wireDot as dot, keyNames as address } from '../rpc/shapes.js';

/** How many hints the target takes next, and not before when. */
const pace = z.object({ hints: z.number(), afterMilliseconds: z.number() });

/**
 * "These are yours: merge them." The reply comes when all that were taken are synced; it names the
 * others by their place, each with the code of its refusal, and says how to go on.
 */
export const DELIVER = messageType(
  'handoff.deliver',
  z.object({ hints: z.array(z.object({ ...address, record: bytes })) }),
  z.object({ refused: z.array(z.tuple([z.number(), z.string()])), pace }),
);

/** "Which of these keys do you hold durably, in a state that holds or covers all these dots?" */
export const HOLDINGS = messageType(
  'handoff.holdings',
  z.object({ keys: z.array(z.object({ ...address, dots: z.array(dot) })) }),
  z.object({
    held: z.array(z.boolean()),
    start: z.number(),
    /** [partition, node, start]: owners whose answers of earlier starts count no more. */
    lost: z.array(z.tuple([z.number(), z.string(), z.number()])),
  }),
);
export type HoldingsReply = z.infer<typeof HOLDINGS.reply>;
export type KeyInQuestion = z.infer<typeof HOLDINGS.request>['keys'][number];

const heldHints = z.object({
  holder: z.string(),
  target: z.string(),
  count: z.number(),
  bytes: z.number(),
  /** RFC 3339: since when the oldest is held. */
  oldest: z.string().optional(),
  /** RFC 3339, from the rate at which they are delivered; absent where that is not known. */
  estimated_end: z.string().optional(),
  /** Why they are still here, in one short sentence. */
  reason: z.string(),
});
export type HeldHints = z.infer<typeof heldHints>;

/** "What do you hold, and for whom?" */
export const HELD_HINTS = messageType(
  'handoff.held-hints',
  z.object({}),
  z.object({ hints: z.array(heldHints) }),
);
