/**
 * What was accepted and never learned, because the message that said so got lost: on a key that
 * nobody asks for again it would stay for ever, and too many of them refuse every further proposal.
 */
import type { RecordKey } from '../persistence/keyspace.js';

export interface LeftAcceptancesOptions {
  /** The keys that have an acceptance here. */
  readonly accepted: () => readonly RecordKey[];
  /** Lets a proposer settle the key. A failure is left to the next pass. */
  readonly settle: (at: RecordKey) => Promise<void>;
}

/** So many keys are settled in a pass, each by an operation of its own. */
const SETTLED_MAX = 100;

export class LeftAcceptances {
  readonly #options: LeftAcceptancesOptions;
  #before: ReadonlySet<string> = new Set();

  constructor(options: LeftAcceptancesOptions) {
    this.#options = options;
  }

  /** Settles keys that had an acceptance when it was called last, and have one. */
  async pass(): Promise<void> {
    const accepted = this.#options.accepted();
    const left = accepted.filter(({ storageKey }) => this.#before.has(storageKey));
    this.#before = new Set(accepted.map(({ storageKey }) => storageKey));
    for (const at of left.slice(0, SETTLED_MAX)) await this.#options.settle(at);
  }
}
