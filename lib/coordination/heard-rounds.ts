/**
 * The highest round of a ballot that was heard of, of each partition: in refusals, so that the next
 * ballot is above it. Kept while a proposer comes and goes: where the own promise is lower than
 * another owner's, each new one would be refused as the one before.
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
