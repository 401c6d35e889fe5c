/**
 * By partition: the highest round of a ballot that refusals have named, so that the next ballot is
 * above it. It is kept when a proposer ends: another owner may have promised more than this one,
 * and would refuse the next ballot as it refused the last.
 */
export class HeardRounds {
  readonly #rounds = new Map<number, number>();

  /** 0: none. */
  of(partition: number): number {
    return this.#rounds.get(partition) ?? 0;
  }

  note(partition: number, round: number): void {
    if (round > this.of(partition)) this.#rounds.set(partition, round);
  }
}
