/** A transport whose traffic with chosen peers can be lost, in one direction or both. */
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

export type CutDirection = 'to' | 'from';

/**
 * A cut is silent: a link that is open stays so, and what is sent on it gets lost, until somebody
 * drops it; it does not open again before the cut is healed.
 */
export class CutTransport implements Transport, Receiver {
  readonly #inner: Transport;
  readonly #cuts = new Map<NodeId, ReadonlySet<CutDirection>>();
  /** The links as this node sees them. */
  readonly #open = new Set<NodeId>();
  /** As the inner transport has opened them. */
  readonly #links = new Map<NodeId, LinkFacts>();
  #receiver: Receiver | undefined;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  /** Replaces an earlier cut of the same peer. No direction: the link only cannot open again. */
  cut(peer: NodeId, directions: readonly CutDirection[] = ['to', 'from']): void {
    this.#cuts.set(peer, new Set(directions));
  }

  heal(peer: NodeId): void {
    if (!this.#cuts.delete(peer)) return;
    const link = this.#links.get(peer);
    if (link !== undefined && this.#inner.isOpen(peer)) this.linkOpened(peer, link);
  }

  healAll(): void {
    for (const peer of [...this.#cuts.keys()]) this.heal(peer);
  }

  start(receiver: Receiver): Promise<void> {
    this.#receiver = receiver;
    return this.#inner.start(this);
  }

  setPeers(peers: readonly PeerAddress[]): void {
    this.#inner.setPeers(peers);
  }

  send(to: NodeId, message: Message): boolean {
    if (!this.#open.has(to)) return false;
    return this.#cuts.get(to)?.has('to') === true || this.#inner.send(to, message);
  }

  beforeLeaving(to: NodeId, fill: () => void): boolean {
    return this.#open.has(to) && this.#inner.beforeLeaving(to, fill);
  }

  isOpen(peer: NodeId): boolean {
    return this.#open.has(peer);
  }

  awaitsVerdictOf(peer: NodeId): boolean {
    return this.#inner.awaitsVerdictOf(peer);
  }

  drop(peer: NodeId): void {
    this.#inner.drop(peer);
    this.linkClosed(peer);
  }

  stop(): Promise<void> {
    return this.#inner.stop();
  }

  receive(from: NodeId, message: Message): void {
    if (!this.#open.has(from) || this.#cuts.get(from)?.has('from') === true) return;
    this.#receiver?.receive(from, message);
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
    this.#links.set(peer, link);
    if (this.#cuts.has(peer) || this.#open.has(peer)) return;
    this.#open.add(peer);
    this.#receiver?.linkOpened(peer, link);
  }

  linkClosed(peer: NodeId): void {
    if (this.#open.delete(peer)) this.#receiver?.linkClosed(peer);
  }
}
