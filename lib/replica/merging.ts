/** Learned states on their way into records: mostly at once, at times after asking other owners. */
import type { AcceptorChange } from '../consensus/acceptor.js';
import type { KeyText } from '../consensus/messages.js';
import { encodeState } from '../persistence/encoded-states.js';
import type { ProposalTable } from '../persistence/proposal-table.js';
import { withinRecord } from '../persistence/records.js';
import type { ArrivedCopy } from './group-apply.js';
import type { PartitionHealth } from './health.js';
import type { Replica } from './replica.js';

export type Merge = Extract<AcceptorChange, { store: 'merge' }>;

export interface MergingOptions {
  readonly replica: Pick<Replica, 'mergeGroup'>;
  readonly proposals: Pick<ProposalTable, 'at'>;
  readonly health: PartitionHealth;
}

export class Merging {
  readonly #options: MergingOptions;
  /** Those that wait for other owners, the last of each key. */
  readonly #waiting = new Map<KeyText, Promise<void>>();

  constructor(options: MergingOptions) {
    this.#options = options;
  }

  /** Resolves when those of the key have ended; rejects as one of them did. Undefined: none is. */
  settled(key: KeyText): Promise<void> | undefined {
    return this.#waiting.get(key);
  }

  /**
   * Undefined: it is done, in this very turn.
   * @throws OperatingError the refusals of `GroupApply.apply`, also where the promise rejects
   */
  merge(partition: number, merges: readonly Merge[]): Promise<void> | undefined {
    const { replica, health } = this.#options;
    let open = merges.length;
    let failure: Error | undefined;
    let ended: () => void = () => undefined;
    replica.mergeGroup(merges.map(this.#copyOf, this), (outcomes) => {
      for (const { error } of outcomes) failure ??= error;
      open -= outcomes.length;
      if (open === 0) ended();
    });
    if (open === 0) {
      if (failure !== undefined) throw failure;
      health.assertWhole(partition);
      return undefined;
    }
    const all = new Promise<void>((resolve, reject) => {
      ended = () => {
        const refusal = failure ?? health.refusal(partition);
        if (refusal === undefined) resolve();
        else reject(refusal);
      };
    });
    for (const { key } of merges) this.#note(key, all);
    return all;
  }

  #copyOf({ key, state }: Merge): ArrivedCopy {
    const at = this.#options.proposals.at(key);
    const bytes = encodeState(at, state);
    return { at, bytes, siblings: withinRecord(at, state, bytes), durability: 'memory' };
  }

  #note(key: KeyText, merging: Promise<void>): void {
    const both = bothEnded(this.#waiting.get(key), merging);
    this.#waiting.set(key, both);
    const ended = (): void => {
      if (this.#waiting.get(key) === both) this.#waiting.delete(key);
    };
    both.then(ended, ended);
  }
}

/** Also where one fails at once, the other is waited for: it may still change the record. */
async function bothEnded(before: Promise<void> | undefined, merging: Promise<void>): Promise<void> {
  await Promise.allSettled([before, merging]);
  await Promise.all([before, merging]);
}
