/** Passes all calls on, both ways: what puts faults on the links of a node changes some of them. */
import type {
  Introduction,
  LinkFacts,
  LinkRefusal,
  Message,
  NodeId,
  PeerAddress,
  Receiver,
  Transport,
} from '../../lib/environment/transport.js';

export class PassThroughTransport implements Transport, Receiver {
  protected readonly inner: Transport;
  /** Of the node; undefined until the start. */
  protected receiver: Receiver | undefined;

  constructor(inner: Transport) {
    this.inner = inner;
  }

  start(receiver: Receiver): Promise<void> {
    this.receiver = receiver;
    return this.inner.start(this);
  }

  setPeers(peers: readonly PeerAddress[]): void {
    this.inner.setPeers(peers);
  }

  send(to: NodeId, message: Message): boolean {
    return this.inner.send(to, message);
  }

  beforeLeaving(to: NodeId, fill: () => void): boolean {
    return this.inner.beforeLeaving(to, fill);
  }

  isOpen(peer: NodeId): boolean {
    return this.inner.isOpen(peer);
  }

  awaitsVerdictOf(peer: NodeId): boolean {
    return this.inner.awaitsVerdictOf(peer);
  }

  drop(peer: NodeId): void {
    this.inner.drop(peer);
  }

  stop(): Promise<void> {
    return this.inner.stop();
  }

  receive(from: NodeId, message: Message): void {
    this.receiver?.receive(from, message);
  }

  introduce(): Introduction {
    if (this.receiver === undefined) throw new Error('it has not started');
    return this.receiver.introduce();
  }

  async judge(peer: NodeId, link: LinkFacts): Promise<LinkRefusal | undefined> {
    return this.receiver?.judge(peer, link);
  }

  linkRefused(...refusal: Parameters<Receiver['linkRefused']>): void {
    this.receiver?.linkRefused(...refusal);
  }

  linkOpened(peer: NodeId, link: LinkFacts): void {
    this.receiver?.linkOpened(peer, link);
  }

  linkClosed(peer: NodeId): void {
    this.receiver?.linkClosed(peer);
  }
}
