/**
 * What was accepted and never learned, because the message that said so got lost: on a key that
 * nobody asks for again it would stay for ever, and too many of them refuse every further proposal.
 */
import type { RecordKey } from '../persistence/keyspace.js';

export interface LeftAcceptancesOptions {
  /** The keys that have an acceptance here. */
  readonly accepted: () => readonly RecordKey[];
  /** Lets a proposer settle the key. False: it cannot now, and that is left to the next pass. */
  readonly settle: (at: RecordKey) => Promise<boolean>;
}

/** So many keys are settled in a pass, each by an operation of its own. */
const SETTLED_MAX = 100;

export class LeftAcceptances {
  readonly #options: LeftAcceptancesOptions;
  #before: ReadonlySet<string> = new Set();
  /** Could not be settled, the latest last: they come after all others. */
  readonly #failed = new Set<string>();

  constructor(options: LeftAcceptancesOptions) {
    this.#options = options;
  }

  /** Settles keys that had an acceptance when it was called last, and have one. */
  async pass(): Promise<void> {
    const accepted = this.#options.accepted();
    const now = new Set(accepted.map(({ storageKey }) => storageKey));
    const left = accepted.filter(({ storageKey }) => this.#before.has(storageKey));
    this.#before = now;
    for (const storageKey of [...this.#failed]) {
      if (!now.has(storageKey)) this.#failed.delete(storageKey);
    }
    await this.#settle(this.#inOrder(left));
  }

  #inOrder(keys: readonly RecordKey[]): RecordKey[] {
    const failures = new Map([...this.#failed].map((storageKey, i) => [storageKey, i]));
    const rankOf = ({ storageKey }: RecordKey): number => failures.get(storageKey) ?? -1;
    return keys.toSorted((a, b) => rankOf(a) - rankOf(b));
  }

  /** What one key has shown of its partition, the others need not show again. */
  async #settle(keys: readonly RecordKey[]): Promise<void> {
    const obstructed = new Set<number>();
    let tried = 0;
    for (const at of keys) {
      if (tried === SETTLED_MAX) break;
      if (obstructed.has(at.partition)) continue;
      tried += 1;
      if (await this.#options.settle(at)) continue;
      obstructed.add(at.partition);
      this.#failed.delete(at.storageKey);
      this.#failed.add(at.storageKey);
    }
  }
}
