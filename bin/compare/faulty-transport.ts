/** The links of a node with a fault on them: slow, or cut off, as it is told. */
import type { LinkFacts, LinkRefusal, Message, NodeId } from '../../lib/environment/transport.js';
import { PassThroughTransport } from './pass-through-transport.js';

export interface Fault {
  /** So much later does each message leave, and arrive. */
  readonly delayMilliseconds: number;
  /** What is sent to these nodes and what comes from them is lost, in silence. */
  readonly cutFrom: readonly NodeId[] | 'everybody';
}

export const NO_FAULT: Fault = { delayMilliseconds: 0, cutFrom: [] };

/** Of one node, both ways: so the others need no fault of their own. */
export class FaultyTransport extends PassThroughTransport {
  #fault: Fault = NO_FAULT;
  /** Proven connections that wait for the end of a cut. */
  readonly #waiting = new Set<() => void>();

  get fault(): Fault {
    return this.#fault;
  }

  set fault(fault: Fault) {
    this.#fault = fault;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const goOn of waiting) goOn();
  }

  /** Across a cut no link opens: the other side awaits a verdict, and closes after a while. */
  override async judge(peer: NodeId, link: LinkFacts): Promise<LinkRefusal | undefined> {
    while (this.#isCutFrom(peer)) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    return super.judge(peer, link);
  }

  override send(to: NodeId, message: Message): boolean {
    const { delayMilliseconds } = this.fault;
    if (!this.inner.isOpen(to)) return false;
    if (this.#isCutFrom(to)) return true;
    if (delayMilliseconds === 0) return this.inner.send(to, message);
    // All by the same: none overtakes another.
    setTimeout(() => this.inner.send(to, message), delayMilliseconds);
    return true;
  }

  override receive(from: NodeId, message: Message): void {
    const { delayMilliseconds } = this.fault;
    if (this.#isCutFrom(from)) return;
    if (delayMilliseconds === 0) this.receiver?.receive(from, message);
    else setTimeout(() => this.#receiveLate(from, message), delayMilliseconds);
  }

  #isCutFrom(peer: NodeId): boolean {
    const { cutFrom } = this.fault;
    return cutFrom === 'everybody' || cutFrom.includes(peer);
  }

  /** A bad frame closes its link, as it does for whoever receives at once. */
  #receiveLate(from: NodeId, message: Message): void {
    try {
      this.receiver?.receive(from, message);
    } catch {
      this.inner.drop(from);
    }
  }
}
