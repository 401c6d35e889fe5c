/** The answers to a group of copies: each is answered once, and many together where they can be. */
import { assert } from '../errors.js';
import type { RecordKey } from '../persistence/keyspace.js';
import type { BlindReport } from './blind-report.js';
import type { PartitionHealth } from './health.js';
import type { Fate } from './incoming.js';

/** What came of the copy at this place of the group. */
export interface CopyOutcome {
  readonly place: number;
  /** Of what was taken. */
  readonly fate: Fate | undefined;
  /** Of a blind write, where it is not as usual. */
  readonly report: BlindReport | undefined;
  /** Why it was not taken, or is not vouched for. Undefined: it is as durable as asked. */
  readonly error: Error | undefined;
}

/** Called with those that have an outcome by then: at once or later, each copy once. */
export type Settle = (outcomes: readonly CopyOutcome[]) => void;

/** A copy that was taken: what came of it, unless something happens while it waits. */
export interface TakenCopy extends CopyOutcome {
  readonly at: RecordKey;
  error: Error | undefined;
}

export class GroupAnswers {
  readonly #health: Pick<PartitionHealth, 'refusal'>;
  readonly #vouches: boolean;
  readonly #settle: Settle;
  #open: number;

  /** @param vouches is what was taken under rebuild refused? */
  constructor(
    health: Pick<PartitionHealth, 'refusal'>,
    vouches: boolean,
    count: number,
    settle: Settle,
  ) {
    this.#health = health;
    this.#vouches = vouches;
    this.#open = count;
    this.#settle = settle;
  }

  refuse(place: number, error: Error): void {
    this.#answer([{ place, fate: undefined, report: undefined, error }]);
  }

  /** They are as durable as asked. */
  taken(copies: readonly TakenCopy[]): void {
    if (this.#vouches) {
      // What was damaged while it waited for the disk is not vouched for either.
      for (const copy of copies) copy.error = this.#health.refusal(copy.at.partition);
    }
    this.#answer(copies);
  }

  /** They are once `durable` resolves. */
  takenWhen(durable: Promise<void>, copies: readonly TakenCopy[]): void {
    if (copies.length === 0) return;
    durable.then(
      () => this.taken(copies),
      (error: Error) => {
        for (const copy of copies) copy.error = error;
        this.#answer(copies);
      },
    );
  }

  #answer(outcomes: readonly CopyOutcome[]): void {
    if (outcomes.length === 0) return;
    this.#open -= outcomes.length;
    assert(this.#open >= 0, 'a copy is answered once');
    this.#settle(outcomes);
  }
}
