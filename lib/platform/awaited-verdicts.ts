/** Handshakes with peers that have proven themselves, and have not said yet whether they link. */
import type { NodeId } from '../environment/transport.js';

/** Both sides may call each other at once: a peer is counted for each handshake. */
export class AwaitedVerdicts {
  readonly #handshakes = new Map<NodeId, number>();

  /** @returns call it once, when that handshake has ended in whatever way */
  begin(peer: NodeId): () => void {
    this.#handshakes.set(peer, (this.#handshakes.get(peer) ?? 0) + 1);
    return () => {
      const left = (this.#handshakes.get(peer) ?? 0) - 1;
      if (left > 0) this.#handshakes.set(peer, left);
      else this.#handshakes.delete(peer);
    };
  }

  has(peer: NodeId): boolean {
    return this.#handshakes.has(peer);
  }
}
