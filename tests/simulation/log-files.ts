/**
 * The log files of an engine like LevelDB, and what a power cut leaves of them: a sync reaches only
 * the file that is written now, and the system writes the others when it likes.
 */
import type { StorageOperation } from '../../lib/environment/storage.js';
import type { SeededRandom } from './seeded-random.js';
import type { World } from './world.js';

export interface Batch {
  readonly operations: readonly StorageOperation[];
  readonly sync: boolean;
  /** The number of the file that it is written to. */
  readonly log: number;
  applied: boolean;
  /** No crash takes it. */
  durable: boolean;
}

/** One batch in so many begins a file. */
const NEW_LOG = 1 / 6;
/** After one batch in so many the table of the file before has been written. */
const FLUSHED = 1 / 20;
/** The share of crashes that leave no mere beginnings of files. */
const OUT_OF_ORDER = 0.3;

export class LogFiles {
  readonly #world: World;
  readonly #random: SeededRandom;
  /** Called, in order, with what no crash takes. */
  readonly #onDurable: (batch: Batch) => void;
  /** In order: given, from the first on that is not known to be on the platter. */
  #pending: Batch[] = [];
  #log = 1;
  /** Has a crash ever kept a batch, and lost one that was not synced before it? */
  hasLostMiddle = false;

  constructor(world: World, random: SeededRandom, onDurable: (batch: Batch) => void) {
    this.#world = world;
    this.#random = random;
    this.#onDurable = onDurable;
  }

  /** Takes a batch for writing. */
  given(operations: readonly StorageOperation[], sync: boolean): Batch {
    this.#changeLog();
    const batch = { operations, sync, log: this.#log, applied: false, durable: false };
    this.#pending.push(batch);
    return batch;
  }

  applied(batch: Batch): void {
    batch.applied = true;
    if (!batch.sync) return;
    const upTo = this.#pending.indexOf(batch);
    this.#makeDurable(({ log }, index) => log === batch.log && index <= upTo);
  }

  /** Of what was given, and did not reach the disk. */
  forget(batch: Batch): void {
    this.#pending.splice(this.#pending.indexOf(batch), 1);
  }

  /** What no crash takes, and has not been reported yet, since something before it might go. */
  get surviving(): readonly StorageOperation[] {
    return this.#pending.flatMap(({ durable, operations }) => (durable ? operations : []));
  }

  closed(): void {
    this.#makeDurable(() => true);
  }

  /** Of what was not synced any part remains; a batch is whole or gone. */
  crash(): void {
    const unsynced = this.#pending.filter(({ durable }) => !durable);
    const kept = this.#survivors(unsynced);
    const lost = unsynced.filter((one) => !kept.has(one) && one.operations.length > 0);
    if (lost.length > 0) this.#world.count('crash lost unsynced batches');
    if (lost.some(({ applied }) => applied)) this.#world.count('crash lost finished writes');
    // Half of a batch at the end of the log: the engine finds it torn, and cuts it off.
    if (lost.some(({ applied }) => !applied)) this.#world.count('crash tore a write');
    const last = this.#pending.findLastIndex((one) => one.durable || kept.has(one));
    if (lost.some((one) => this.#pending.indexOf(one) < last)) {
      this.#world.count('crash lost the middle');
      this.hasLostMiddle = true;
    }
    this.#pending = this.#pending.filter((one) => one.durable || kept.has(one));
    this.#makeDurable(() => true);
  }

  /** The beginning of each file; where the system wrote its pages in another order, any part. */
  #survivors(unsynced: readonly Batch[]): Set<Batch> {
    if (this.#random.chance(OUT_OF_ORDER)) {
      return new Set(unsynced.filter(() => this.#random.chance(0.5)));
    }
    const kept = new Set<Batch>();
    for (const log of new Set(unsynced.map((batch) => batch.log))) {
      const within = unsynced.filter((batch) => batch.log === log);
      for (const one of within.slice(0, this.#random.below(within.length + 1))) kept.add(one);
    }
    return kept;
  }

  /**
   * The engine begins a file, and leaves the old one to the system, unsynced. In the background it
   * makes a table of it, which is synced; at most one file waits for that.
   */
  #changeLog(): void {
    if (this.#random.chance(FLUSHED)) this.#makeDurable(({ log }) => log < this.#log);
    if (!this.#random.chance(NEW_LOG)) return;
    this.#makeDurable(({ log }) => log < this.#log);
    this.#log += 1;
  }

  #makeDurable(isDurable: (batch: Batch, index: number) => boolean): void {
    for (const [index, batch] of this.#pending.entries()) {
      batch.durable ||= isDurable(batch, index);
    }
    while (this.#pending[0]?.durable) {
      const first = this.#pending.shift();
      if (first !== undefined) this.#onDurable(first);
    }
  }
}
