/** One question to every node of the ring: for reports on the whole cluster. */
import type { Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import type { MessageType } from './message.js';
import type { Messenger } from './messenger.js';

export interface MembersQuestion<Reply> {
  readonly self: NodeId;
  readonly nodes: readonly NodeId[];
  readonly messenger: Pick<Messenger, 'request'>;
  readonly clock: Pick<Clock, 'monotonicMilliseconds'>;
  readonly timeoutMilliseconds: number;
  /** What this node says itself. */
  readonly own: () => Reply | Promise<Reply>;
}

export interface MembersAnswer<Reply> {
  /** In the order of the nodes. */
  readonly replies: readonly Reply[];
  /** Nodes that did not answer in time, or do not know the question. */
  readonly unanswered: readonly NodeId[];
}

/** Never rejects for a node that does not answer: it is named instead. */
export async function askMembers<Reply>(
  question: MembersQuestion<Reply>,
  type: MessageType<object, Reply>,
): Promise<MembersAnswer<Reply>> {
  const { self, nodes, messenger, clock, timeoutMilliseconds, own } = question;
  const deadline = clock.monotonicMilliseconds() + timeoutMilliseconds;
  const asked = nodes.map(async (node): Promise<Reply | undefined> => {
    if (node === self) return own();
    try {
      return await messenger.request(node, type, {}, deadline);
    } catch (error) {
      if (error instanceof OperatingError) return undefined;
      throw error;
    }
  });
  const answers = await Promise.all(asked);
  return {
    replies: answers.filter((answer) => answer !== undefined),
    unanswered: nodes.filter((_, index) => answers[index] === undefined),
  };
}
