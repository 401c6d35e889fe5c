/**
 * Which nodes a client asks, and in which order: its own zone first, there the owners of the key,
 * and the silent ones last.
 */

/** How long an answer vouches for a node. */
const KNOWN_MILLISECONDS = 10_000;
/** How long a missing answer speaks against it; twice as long each time it is missing again. */
const MISSED_MILLISECONDS = 5000;
const MISSED_MAX_MILLISECONDS = 60_000;
/** So often slower than another one that was asked later: it counts as missing. */
const LOST_MAX = 3;

export interface LearntNode {
  /** An origin. */
  readonly address: string;
  readonly id: string;
  readonly zone: string | undefined;
}

interface Memory {
  answeredAt: number;
  /** It is asked last until then. */
  missedUntil: number;
  misses: number;
  losses: number;
}

export class Endpoints {
  readonly #given: readonly string[];
  readonly #zone: string | undefined;
  readonly #memories = new Map<string, Memory>();
  #learnt: readonly LearntNode[] = [];

  /**
   * @param given origins, in the order of preference
   * @param zone whose nodes come first, as far as the zones are known
   */
  constructor(given: readonly string[], zone?: string) {
    this.#given = given;
    this.#zone = zone;
  }

  /** All nodes of the cluster that clients can reach, in place of those learnt before. */
  learn(nodes: readonly LearntNode[]): void {
    this.#learnt = nodes;
    const all = new Set(this.#all);
    for (const address of this.#memories.keys()) {
      if (!all.has(address)) this.#memories.delete(address);
    }
  }

  /**
   * Those that missed no answer lately, as they are preferred; then the others, oldest first.
   * Of another zone an owner saves nothing: what it asks of others crosses zones once more.
   * @param owners ids of the owners of the key, the first one first
   */
  inOrder(now: number, owners: readonly string[] = []): string[] {
    const learnt = new Map(this.#learnt.map((node) => [node.address, node]));
    const isFar = (address: string): number =>
      this.#zone === undefined || learnt.get(address)?.zone === this.#zone ? 0 : 1;
    const rank = (address: string): number => {
      const place = owners.indexOf(learnt.get(address)?.id ?? '');
      return place === -1 ? owners.length : place;
    };
    const missed = (address: string): number => {
      const { missedUntil = 0 } = this.#memories.get(address) ?? {};
      return missedUntil > now ? missedUntil : 0;
    };
    // The sort is stable: as they were given, then as they were learnt.
    return this.#all.sort(
      (a, b) => missed(a) - missed(b) || isFar(a) - isFar(b) || rank(a) - rank(b),
    );
  }

  /** Has it answered lately, and missed nothing since? */
  isKnown(address: string, now: number): boolean {
    const memory = this.#memories.get(address);
    return memory !== undefined && now - memory.answeredAt <= KNOWN_MILLISECONDS;
  }

  answered(address: string, now: number): void {
    this.#memories.set(address, { answeredAt: now, missedUntil: 0, misses: 0, losses: 0 });
  }

  missed(address: string, now: number): void {
    const { misses = 0 } = this.#memories.get(address) ?? {};
    const time = Math.min(MISSED_MAX_MILLISECONDS, MISSED_MILLISECONDS * 2 ** misses);
    this.#memories.set(address, {
      ...{ answeredAt: Number.NEGATIVE_INFINITY, losses: 0 },
      ...{ missedUntil: now + time, misses: misses + 1 },
    });
  }

  /** Another one that was asked later has answered before it. */
  lost(address: string, now: number): void {
    const memory = this.#memories.get(address);
    const losses = (memory?.losses ?? 0) + 1;
    if (losses >= LOST_MAX) this.missed(address, now);
    else if (memory !== undefined) memory.losses = losses;
    else {
      const answeredAt = Number.NEGATIVE_INFINITY;
      this.#memories.set(address, { answeredAt, missedUntil: 0, misses: 0, losses });
    }
  }

  get #all(): string[] {
    return [...new Set([...this.#given, ...this.#learnt.map(({ address }) => address)])];
  }
}
