/**
 * The reaper: finds values whose time is over by their index, and makes stubs of them, a few at a
 * time (docs/architecture.md, E1). Reads judge for themselves; it gives back the room.
 */
import type { Clock } from '../environment/clock.js';
import type { ForegroundLoad } from '../environment/foreground-load.js';
import type { Observer } from '../environment/observer.js';
import { Pauses } from '../environment/pauses.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import { OperatingError } from '../errors.js';
import { endReadable, type Endings } from './endings.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { PartitionHealth } from './health.js';
import { indexFrom, keyAfter, parseIndexKey } from '../persistence/keyspace.js';
import type { RecordTable } from '../persistence/record-table.js';
import { dropIfStale } from '../persistence/stale-entries.js';
import type { Store } from '../persistence/store.js';
import { takesNothingNow } from '../persistence/store-refusals.js';

export interface ReaperLimits {
  /** Pause between two turns. */
  readonly reapIntervalMilliseconds: number;
  /** Keys of one turn. */
  readonly reapKeysMax: number;
}

export interface ReaperOptions {
  readonly store: Store;
  readonly table: RecordTable;
  readonly endings: Endings;
  readonly health: PartitionHealth;
  readonly expiryClock: ExpiryClock;
  readonly clock: Clock;
  readonly foreground: ForegroundLoad;
  readonly random: Random;
  readonly observer: Observer;
  /** Q of the ring. */
  readonly partitionCount: () => number;
  readonly limits: ReaperLimits;
}

/** Keys judged at one go: some milliseconds of the event loop. */
const PAGE = 32;
/** What ended before the last look is not looked for again until then: it may have come late. */
const FROM_THE_BEGINNING_MILLISECONDS = 60_000;

export class Reaper {
  readonly #options: ReaperOptions;
  readonly #periodic: Periodic;
  readonly #pauses: Pauses;
  /**
   * Where to look next. The entries before it are gone, but the engine still steps over each of
   * them, so that every turn from the beginning would cost what has ended ever since.
   */
  #from = '';
  /** On the monotonic clock. */
  #beganAt = Number.NEGATIVE_INFINITY;

  constructor(options: ReaperOptions) {
    this.#options = options;
    this.#pauses = new Pauses(options);
    this.#periodic = new Periodic(options, {
      name: 'expiry',
      intervalMilliseconds: options.limits.reapIntervalMilliseconds,
      task: () => this.run(),
    });
  }

  start(): void {
    this.#periodic.start();
  }

  stop(): Promise<void> {
    this.#pauses.stop();
    return this.#periodic.stop();
  }

  /** One turn, with rests between its pages. */
  async run(): Promise<void> {
    const { clock, expiryClock, observer, limits } = this.#options;
    let left = limits.reapKeysMax;
    this.#beginAgain();
    while (left > 0 && !this.#pauses.isStopped) {
      const now = expiryClock.now();
      if (now === undefined) return;
      const began = clock.monotonicMilliseconds();
      const limit = Math.min(PAGE, left);
      const taken = await this.#page(now, limit);
      if (taken === undefined) return;
      if (taken < limit) {
        observer.measure('quorate_expiry_lag_seconds', 0);
        return;
      }
      left -= taken;
      await this.#pauses.rest(began);
    }
  }

  #beginAgain(): void {
    const now = this.#options.clock.monotonicMilliseconds();
    if (now - this.#beganAt < FROM_THE_BEGINNING_MILLISECONDS) return;
    this.#beganAt = now;
    this.#from = indexFrom('expiring', 0);
  }

  /** How many entries there were; undefined where the disk takes nothing now. */
  async #page(now: number, limit: number): Promise<number | undefined> {
    const { store, observer } = this.#options;
    const before = indexFrom('expiring', Math.floor(now) + 1);
    // The clock was set back: nothing of what was looked at is over yet.
    if (this.#from >= before) return 0;
    const page = await store.range({ from: this.#from, before, limit });
    let committed: Promise<void> | undefined;
    for (const [indexed] of page) {
      try {
        committed = this.#reap(indexed, now) ?? committed;
      } catch (error) {
        if (!(error instanceof OperatingError) || !takesNothingNow(error.code)) throw error;
        return undefined;
      }
      this.#from = keyAfter(indexed);
    }
    const last = page.at(-1)?.[0];
    if (last !== undefined && page.length === limit) {
      const lag = (now - parseIndexKey(last, this.#options.partitionCount()).milliseconds) / 1000;
      observer.measure('quorate_expiry_lag_seconds', lag);
    }
    // Batches reach the disk in order.
    await committed;
    return page.length;
  }

  /** Resolves when it is on its way to the disk; undefined where nothing was to be done. */
  #reap(indexed: string, now: number): Promise<void> | undefined {
    const { endings, health } = this.#options;
    const { at } = parseIndexKey(indexed, this.#options.partitionCount());
    const expired = endReadable(health, at, () => endings.expire(at, now));
    if (expired === undefined) return undefined;
    return expired.value ? expired.committed : this.#drop(indexed);
  }

  #drop(indexed: string): Promise<void> | undefined {
    const { at } = parseIndexKey(indexed, this.#options.partitionCount());
    return dropIfStale(this.#options, at, indexed);
  }
}
