/** Typed messages: each is declared by the folder that owns it, and checked on arrival. */
import type { z } from 'zod';
import type { NodeId } from '../environment/transport.js';

export interface MessageType<Request, Reply> {
  /** `folder.verb`; unique. */
  readonly name: string;
  readonly request: z.ZodType<Request>;
  readonly reply: z.ZodType<Reply>;
}

export function messageType<Request, Reply>(
  name: string,
  request: z.ZodType<Request>,
  reply: z.ZodType<Reply>,
): MessageType<Request, Reply> {
  return { name, request, reply };
}

/** What a handler knows beside the body. */
export interface Incoming {
  readonly from: NodeId;
  /** On this node's monotonic clock. */
  readonly deadline: number;
}

export type MessageHandler<Request, Reply> = (
  request: Request,
  incoming: Incoming,
) => Reply | Promise<Reply>;

/** How a message is served. */
export interface Registered {
  /** Serve it before the founding, whatever ring or settings the sender has. */
  readonly anyEpoch: boolean;
  /** Execute it once, though a transport may repeat it. */
  readonly once: boolean;
  readonly parse: (body: unknown) => unknown;
  readonly run: (body: unknown, incoming: Incoming) => unknown;
}
