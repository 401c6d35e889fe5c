/** A receiver that notes what it is notified of. */
import type {
  Introduction,
  LinkFacts,
  LinkRefusal,
  Message,
  NodeId,
  Receiver,
} from '../../lib/environment/transport.js';

/** Everything that a receiver was notified of, in order. */
export class Inbox implements Receiver {
  readonly messages: { from: NodeId; message: Message }[] = [];
  readonly events: string[] = [];
  /** What `receive` does besides. */
  onMessage: (from: NodeId, message: Message) => void = () => undefined;

  at(index: number): Message {
    return this.messages[index]?.message;
  }

  /** Whom it does not let in, and why. */
  readonly refusals = new Map<NodeId, LinkRefusal>();
  /** Resolves when it judges. */
  verdict: Promise<void> = Promise.resolve();
  introduction: Introduction = { cluster: 'c', ring: 'r', life: 'l', ran: 0, address: 'a:1' };
  /** What it was notified of peers who would not have it. */
  readonly refused: [peer: NodeId, refusal: LinkRefusal][] = [];
  readonly links = new Map<NodeId, LinkFacts>();

  introduce(): Introduction {
    return this.introduction;
  }

  async judge(peer: NodeId): Promise<LinkRefusal | undefined> {
    await this.verdict;
    return this.refusals.get(peer);
  }

  linkRefused(peer: NodeId, refusal: LinkRefusal): void {
    this.refused.push([peer, refusal]);
  }

  receive(from: NodeId, message: Message): void {
    this.messages.push({ from, message });
    this.onMessage(from, message);
  }

  linkOpened(peer: NodeId, link: LinkFacts): void {
    this.links.set(peer, link);
    this.events.push(`+${peer}`);
  }

  linkClosed(peer: NodeId): void {
    this.events.push(`-${peer}`);
  }
}
