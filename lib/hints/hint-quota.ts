/** How much this node holds for others: counts and bytes by target, and the limits on them. */
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';

export interface HintUsage {
  readonly count: number;
  readonly bytes: number;
}

export interface HintLimits {
  /** Bytes of hints that this node holds for others, all together. */
  readonly hintsBytesMax: number;
  /** Bytes of hints for one target: one that is away for long must not use up all room. */
  readonly hintsTargetBytesMax: number;
}

const NOTHING: HintUsage = { count: 0, bytes: 0 };

export class HintQuota {
  readonly #limits: HintLimits;
  readonly #observer: Observer;
  readonly #held = new Map<NodeId, HintUsage>();
  #bytes = 0;

  constructor(limits: HintLimits, observer: Observer) {
    this.#limits = limits;
    this.#observer = observer;
  }

  get held(): ReadonlyMap<NodeId, HintUsage> {
    return this.#held;
  }

  of(target: NodeId): HintUsage {
    return this.#held.get(target) ?? NOTHING;
  }

  account(target: NodeId, count: number, bytes: number): void {
    const before = this.of(target);
    const after = { count: before.count + count, bytes: before.bytes + bytes };
    this.#held.set(target, after);
    this.#bytes += bytes;
    this.#observer.measure('quorate_hints_held', after.count, { target });
  }

  /** May one more hint be held? It may be larger than the room that is left. */
  hasRoom(target: NodeId): boolean {
    return this.#fullBy(target) === undefined;
  }

  /** The same, and a refusal is counted. */
  admit(target: NodeId): boolean {
    const quota = this.#fullBy(target);
    if (quota === undefined) return true;
    this.#observer.count('quorate_hints_refused_total', { quota });
    return false;
  }

  #fullBy(target: NodeId): 'target' | 'node' | undefined {
    if (this.#bytes >= this.#limits.hintsBytesMax) return 'node';
    return this.of(target).bytes >= this.#limits.hintsTargetBytesMax ? 'target' : undefined;
  }
}
