/** Keeps the engine from ever meeting a full disk: below a reserve the store is read-only. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import type { Storage } from '../environment/storage.js';
import { OperatingError } from '../errors.js';
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
/** Writes are taken again a little above the reserve: else it would flap at every compaction. */
const RESUME_RATIO = 1.25;

/** Is there room for ordinary writes? */
export function hasRoom(freeBytes: number, reserveBytes: number, hadRoom: boolean): boolean {
  return freeBytes >= (hadRoom ? reserveBytes : reserveBytes * RESUME_RATIO);
}

export class DiskGuard {
  readonly #options: DiskGuardOptions;
  readonly #look: Periodic;
  #hadRoom = true;

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

  stop(): Promise<void> {
    return this.#look.stop();
  }

  /** Also before a node begins to serve: the disk may be full already. */
  async check(): Promise<void> {
    const { storage, store, observer, reserveBytes } = this.#options;
    const freeBytes = await storage.freeBytes();
    if (freeBytes === undefined) return;
    observer.measure('quorate_disk_free_bytes', freeBytes);
    const room = hasRoom(freeBytes, reserveBytes, this.#hadRoom);
    if (room === this.#hadRoom) return;
    this.#hadRoom = room;
    const details = { free_bytes: freeBytes, reserve_bytes: reserveBytes };
    store.setReadOnly(room ? undefined : full(details));
    if (store.failure === undefined) observer.measure('quorate_read_only', room ? 0 : 1);
    const event = room ? 'the disk has room again' : 'the disk is nearly full: no writes are taken';
    observer.log(room ? 'info' : 'warn', event, details);
  }
}

function full(details: Readonly<Record<string, number>>): OperatingError {
  return new OperatingError('read_only', 'the disk of this node is nearly full', {
    outcome: 'none',
    details,
  });
}
