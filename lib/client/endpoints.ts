/** Which nodes a client asks, and in which order: those that answered lately, then the others. */

/** How long an answer vouches for a node, and how long a missing one speaks against it. */
const REMEMBERED_MILLISECONDS = 10_000;

export class Endpoints {
  readonly #addresses: readonly string[];
  readonly #answered = new Map<string, number>();
  readonly #missed = new Map<string, number>();

  /** @param addresses origins, in the order of preference */
  constructor(addresses: readonly string[]) {
    this.#addresses = addresses;
  }

  /** Those that missed no answer lately, as they are preferred; then the others, oldest first. */
  inOrder(now: number): string[] {
    const missedAt = (address: string): number => {
      const at = this.#missed.get(address);
      return at === undefined || now - at > REMEMBERED_MILLISECONDS ? Number.NEGATIVE_INFINITY : at;
    };
    // The sort is stable.
    return [...this.#addresses].sort((a, b) =>
      missedAt(a) < missedAt(b) ? -1 : missedAt(a) > missedAt(b) ? 1 : 0,
    );
  }

  /** Has it answered lately, and missed nothing since? */
  isKnown(address: string, now: number): boolean {
    const at = this.#answered.get(address);
    return at !== undefined && now - at <= REMEMBERED_MILLISECONDS;
  }

  answered(address: string, now: number): void {
    this.#answered.set(address, now);
    this.#missed.delete(address);
  }

  missed(address: string, now: number): void {
    this.#missed.set(address, now);
    this.#answered.delete(address);
  }
}
