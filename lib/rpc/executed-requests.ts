/** Remembers which requests were executed: a transport may repeat one. */
import type { NodeId } from '../environment/transport.js';

/** So many requests of a peer are remembered, and at most as many more. */
const EXECUTED_MIN = 2048;

/** Half are dropped together: finding the oldest of a Set walks over all that were deleted. */
interface Executed {
  recent: Set<number>;
  older: ReadonlySet<number>;
}

export class ExecutedRequests {
  readonly #ids = new Map<NodeId, Executed>();

  /** False where it was noted before. */
  note(from: NodeId, id: number): boolean {
    const ids = this.#ids.get(from) ?? { recent: new Set(), older: new Set() };
    this.#ids.set(from, ids);
    if (ids.recent.has(id) || ids.older.has(id)) return false;
    ids.recent.add(id);
    if (ids.recent.size === EXECUTED_MIN) {
      ids.older = ids.recent;
      ids.recent = new Set();
    }
    return true;
  }
}
