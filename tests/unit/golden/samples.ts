/** Samples of one message: what is asked, and what is answered. */
import type { MessageType } from '../../../lib/rpc/message.js';

export interface MessageSamples<Request = unknown, Reply = unknown> {
  readonly type: MessageType<Request, Reply>;
  readonly requests: readonly Request[];
  readonly replies: readonly Reply[];
}

export function samples<Request, Reply>(
  type: MessageType<Request, Reply>,
  requests: readonly Request[],
  replies: readonly Reply[],
): MessageSamples {
  return { type: type as MessageType<unknown, unknown>, requests, replies };
}
