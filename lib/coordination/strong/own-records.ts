/** The records of this owner as its proposer needs them: with all merges that were begun. */
import type { RefusalFor } from '../../consensus/decision.js';
import type { KeyText } from '../../consensus/messages.js';
import type { HasSeen } from '../../consensus/once.js';
import { OperatingError } from '../../errors.js';
import type { ExpiryClock } from '../../persistence/expiry-clock.js';
import type { DurableAcceptor } from '../../replica/durable-acceptor.js';
import { type Endings, isOver } from '../../replica/endings.js';
import type { Siblings } from '../../versioning/siblings.js';
import type { StrongWire } from './strong-wire.js';

export interface OwnRecordsOptions {
  readonly acceptor: DurableAcceptor;
  readonly endings: Endings;
  readonly expiryClock: ExpiryClock;
}

interface Found {
  readonly record: Siblings | undefined;
  readonly refusal?: OperatingError;
}

/** Of one partition. All reject, or throw, with an OperatingError where the replica cannot. */
export class OwnRecords {
  readonly #options: OwnRecordsOptions;
  readonly #partition: number;
  readonly #wire: StrongWire;
  /** Merges that were begun, the last of each key. */
  readonly #merging = new Map<KeyText, Promise<void>>();

  constructor(options: OwnRecordsOptions, partition: number, wire: StrongWire) {
    this.#options = options;
    this.#partition = partition;
    this.#wire = wire;
  }

  merge(key: KeyText, state: Siblings): Promise<void> {
    const before = this.#merging.get(key) ?? Promise.resolve();
    const merging = before.then(() => this.#options.acceptor.merge(this.#partition, key, state));
    this.#merging.set(key, merging);
    const done = (): void => {
      if (this.#merging.get(key) === merging) this.#merging.delete(key);
    };
    merging.then(done, done);
    return merging;
  }

  /** Rejects where something could not be merged: nothing may be decided without it. */
  async merged(key: KeyText): Promise<void> {
    const merging = this.#merging.get(key);
    if (merging !== undefined) await merging;
    const others = this.#options.acceptor.settled(key);
    if (others !== undefined) await others;
  }

  /** Is something on its way into the record, which lacks it still? */
  isMerging(key: KeyText): boolean {
    return this.#merging.has(key) || this.#options.acceptor.settled(key) !== undefined;
  }

  recordOf(key: KeyText): Siblings | undefined {
    return this.#options.acceptor.recordOf(this.#wire.at(key));
  }

  /** What the clock of the partition has. */
  get hasSeen(): HasSeen {
    return this.#options.acceptor.seenIn(this.#partition);
  }

  /** Is there room for what a change of the key leaves? */
  refusalFor(key: KeyText): RefusalFor {
    return this.#options.acceptor.refusalFor(this.#wire.at(key));
  }

  /**
   * What has ended becomes a stub first: a value has ended only where it is one (K14).
   * `refusal`: why that cannot be stored now; nothing may take effect on the record then.
   */
  recordToDecideOn(key: KeyText): Found {
    const { expiryClock, endings } = this.#options;
    const now = expiryClock.now();
    const record = this.recordOf(key);
    if (record === undefined || now === undefined || !isOver(record, now)) return { record };
    try {
      endings.expire(this.#wire.at(key), now);
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      return { record, refusal: error };
    }
    return { record: this.recordOf(key) };
  }
}
