/** Remembers which requests were executed: a transport may repeat one. */
import type { NodeId } from '../environment/transport.js';

/** So many requests of a peer are remembered. */
const EXECUTED_MAX = 4096;

export class ExecutedRequests {
  /** Of each peer, the oldest first. */
  readonly #ids = new Map<NodeId, Set<number>>();

  /** False where it was noted before. */
  note(from: NodeId, id: number): boolean {
    const ids = this.#ids.get(from) ?? new Set();
    this.#ids.set(from, ids);
    if (ids.has(id)) return false;
    ids.add(id);
    const [oldest] = ids;
    if (ids.size > EXECUTED_MAX && oldest !== undefined) ids.delete(oldest);
    return true;
  }
}
