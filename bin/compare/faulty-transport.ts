/** The links of a node with a fault on them: slow, or cut off from everybody, as it is told. */
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

export interface Fault {
  /** So much later does each message leave, and arrive. */
  readonly delayMilliseconds: number;
  /** What is sent and what comes is lost, in silence. */
  readonly isCut: boolean;
}

export const NO_FAULT: Fault = { delayMilliseconds: 0, isCut: false };

/** Of one node, both ways: so the others need no fault of their own. */
export class FaultyTransport implements Transport, Receiver {
  readonly #inner: Transport;
  #receiver: Receiver | undefined;
  fault: Fault = NO_FAULT;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  start(receiver: Receiver): Promise<void> {
    this.#receiver = receiver;
    return this.#inner.start(this);
  }

  setPeers(peers: readonly PeerAddress[]): void {
    this.#inner.setPeers(peers);
  }

  send(to: NodeId, message: Message): boolean {
    const { isCut, delayMilliseconds } = this.fault;
    if (!this.#inner.isOpen(to)) return false;
    if (isCut) return true;
    if (delayMilliseconds === 0) return this.#inner.send(to, message);
    // All by the same: none overtakes another.
    setTimeout(() => this.#inner.send(to, message), delayMilliseconds);
    return true;
  }

  beforeLeaving(to: NodeId, fill: () => void): boolean {
    return this.#inner.beforeLeaving(to, fill);
  }

  isOpen(peer: NodeId): boolean {
    return this.#inner.isOpen(peer);
  }

  awaitsVerdictOf(peer: NodeId): boolean {
    return this.#inner.awaitsVerdictOf(peer);
  }

  drop(peer: NodeId): void {
    this.#inner.drop(peer);
  }

  stop(): Promise<void> {
    return this.#inner.stop();
  }

  receive(from: NodeId, message: Message): void {
    const { isCut, delayMilliseconds } = this.fault;
    if (isCut) return;
    if (delayMilliseconds === 0) this.#receiver?.receive(from, message);
    else setTimeout(() => this.#receiveLate(from, message), delayMilliseconds);
  }

  /** A bad frame closes its link, as it does for whoever receives at once. */
  #receiveLate(from: NodeId, message: Message): void {
    try {
      this.#receiver?.receive(from, message);
    } catch {
      this.#inner.drop(from);
    }
  }

  introduce(): Introduction {
    if (this.#receiver === undefined) throw new Error('it has not started');
    return this.#receiver.introduce();
  }

  async judge(peer: NodeId, link: LinkFacts): Promise<LinkRefusal | undefined> {
    return this.#receiver?.judge(peer, link);
  }

  linkRefused(...refusal: Parameters<Receiver['linkRefused']>): void {
    this.#receiver?.linkRefused(...refusal);
  }

  linkOpened(peer: NodeId, link: LinkFacts): void {
    this.#receiver?.linkOpened(peer, link);
  }

  linkClosed(peer: NodeId): void {
    this.#receiver?.linkClosed(peer);
  }
}
