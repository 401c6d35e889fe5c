/** A transport whose traffic with chosen peers can be lost, in one direction or both. */
import { PassThroughTransport } from '../../bin/compare/pass-through-transport.js';
import type { LinkFacts, Message, NodeId } from '../../lib/environment/transport.js';

export type CutDirection = 'to' | 'from';

/**
 * A cut is silent: a link that is open stays so, and what is sent on it gets lost, until somebody
 * drops it; it does not open again before the cut is healed.
 */
export class CutTransport extends PassThroughTransport {
  readonly #cuts = new Map<NodeId, ReadonlySet<CutDirection>>();
  /** The links as this node sees them. */
  readonly #open = new Set<NodeId>();
  /** As the inner transport has opened them. */
  readonly #links = new Map<NodeId, LinkFacts>();

  /** Replaces an earlier cut of the same peer. No direction: the link only cannot open again. */
  cut(peer: NodeId, directions: readonly CutDirection[] = ['to', 'from']): void {
    this.#cuts.set(peer, new Set(directions));
  }

  heal(peer: NodeId): void {
    if (!this.#cuts.delete(peer)) return;
    const link = this.#links.get(peer);
    if (link !== undefined && this.inner.isOpen(peer)) this.linkOpened(peer, link);
  }

  healAll(): void {
    for (const peer of [...this.#cuts.keys()]) this.heal(peer);
  }

  override send(to: NodeId, message: Message): boolean {
    if (!this.#open.has(to)) return false;
    return this.#cuts.get(to)?.has('to') === true || this.inner.send(to, message);
  }

  override beforeLeaving(to: NodeId, fill: () => void): boolean {
    return this.#open.has(to) && this.inner.beforeLeaving(to, fill);
  }

  override isOpen(peer: NodeId): boolean {
    return this.#open.has(peer);
  }

  override drop(peer: NodeId): void {
    this.inner.drop(peer);
    this.linkClosed(peer);
  }

  override receive(from: NodeId, message: Message): void {
    if (!this.#open.has(from) || this.#cuts.get(from)?.has('from') === true) return;
    this.receiver?.receive(from, message);
  }

  override linkOpened(peer: NodeId, link: LinkFacts): void {
    this.#links.set(peer, link);
    if (this.#cuts.has(peer) || this.#open.has(peer)) return;
    this.#open.add(peer);
    this.receiver?.linkOpened(peer, link);
  }

  override linkClosed(peer: NodeId): void {
    if (this.#open.delete(peer)) this.receiver?.linkClosed(peer);
  }
}
