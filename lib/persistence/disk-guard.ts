/** Keeps the engine from a full disk: below a reserve the store is read-only. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import type { Storage } from '../environment/storage.js';
import { messageOf, OperatingError } from '../errors.js';
import type { Store } from './store.js';

export interface DiskGuardOptions {
  readonly storage: Storage;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  /** Room that stays free, for the engine's own files and for what is vital. */
  readonly reserveBytes: number;
}

const INTERVAL_MILLISECONDS = 500;
/** Writes are taken again a little above the reserve: else the state would change too often. */
const RESUME_RATIO = 1.25;

/** Of the reserve, for what leaves less than there was: its log, and the sorting of the engine. */
const SHRINKING_SHARE = 0.25;
/** What was given up is given back down to this share: sorting a part of the files takes room. */
const COMPACT_SHARE = 0.125;
/** Between two compactions, at least; and so many times as long as the last one took. */
const COMPACT_PAUSE_MILLISECONDS = 10_000;
const COMPACT_PAUSE_RATIO = 10;

/** Is there room for ordinary writes? */
export function hasRoom(freeBytes: number, reserveBytes: number, hadRoom: boolean): boolean {
  return freeBytes >= (hadRoom ? reserveBytes : reserveBytes * RESUME_RATIO);
}

export class DiskGuard {
  readonly #options: DiskGuardOptions;
  readonly #look: Periodic;
  #hadRoom = true;
  #compacting: Promise<void> | undefined;
  /** On the monotonic clock. */
  #compactAfter = Number.NEGATIVE_INFINITY;
  /** Of what was given up; undefined: there was no compaction yet. */
  #compactedCount: number | undefined;

  constructor(options: DiskGuardOptions) {
    this.#options = options;
    const { observer, store } = options;
    observer.measure('quorate_read_only', 0);
    void store.failed.then(() => observer.measure('quorate_read_only', 1));
    this.#look = new Periodic(options, {
      name: 'disk guard',
      intervalMilliseconds: INTERVAL_MILLISECONDS,
      task: () => this.check(),
    });
  }

  start(): void {
    this.#look.start();
  }

  async stop(): Promise<void> {
    await this.#look.stop();
    await this.#compacting;
  }

  /** Also before a node begins to serve: the disk may be full already. */
  async check(): Promise<void> {
    const { storage, store, observer, reserveBytes } = this.#options;
    const freeBytes = await storage.freeBytes();
    if (freeBytes === undefined) return;
    observer.measure('quorate_disk_free_bytes', freeBytes);
    const room = hasRoom(freeBytes, reserveBytes, this.#hadRoom);
    const details = { free_bytes: freeBytes, reserve_bytes: reserveBytes };
    const mayShrink = room || freeBytes >= reserveBytes * SHRINKING_SHARE;
    store.setReadOnly(room ? undefined : full(details), mayShrink);
    if (!room && freeBytes >= reserveBytes * COMPACT_SHARE) this.#compact(!mayShrink);
    if (room === this.#hadRoom) return;
    this.#hadRoom = room;
    if (store.failure === undefined) observer.measure('quorate_read_only', room ? 0 : 1);
    const event = room ? 'the disk has room again' : 'the disk is nearly full: no writes are taken';
    observer.log(room ? 'info' : 'warn', event, details);
  }

  /**
   * The engine gives room back when it sorts its files, which it does for new writes alone.
   * @param isFirstDue nothing more can be given up: what an earlier life has is given back, once
   */
  #compact(isFirstDue: boolean): void {
    const { storage, store, clock, observer } = this.#options;
    const began = clock.monotonicMilliseconds();
    const count = store.shrinkingCount;
    const isNew = count !== (this.#compactedCount ?? (isFirstDue ? undefined : 0));
    const isDue = began >= this.#compactAfter && isNew;
    if (this.#compacting !== undefined || !isDue) return;
    const done = (): void => {
      const took = clock.monotonicMilliseconds() - began;
      const pause = Math.max(COMPACT_PAUSE_MILLISECONDS, COMPACT_PAUSE_RATIO * took);
      this.#compactAfter = began + took + pause;
      this.#compactedCount = count;
      this.#compacting = undefined;
    };
    this.#compacting = storage.compact().then(done, (error: unknown) => {
      observer.log('warn', 'the engine gives no room back', { reason: messageOf(error) });
      done();
    });
  }
}

function full(details: Readonly<Record<string, number>>): OperatingError {
  return new OperatingError('read_only', 'the disk of this node is nearly full', {
    outcome: 'none',
    details,
  });
}
