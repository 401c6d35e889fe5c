/** Fakes of the ports, for the unit tests: a clock by hand, chance by seed, a silent observer. */
import type { Cancel, Clock } from '../../lib/environment/clock.js';
import type { MetricName } from '../../lib/environment/metrics.js';
import type { LogFields, Labels, Observer } from '../../lib/environment/observer.js';
import type { Random } from '../../lib/environment/random.js';
import type {
  StorageEntry,
  Range,
  Storage,
  StorageOperation,
  StorageRepair,
} from '../../lib/environment/storage.js';
import { OperatingError } from '../../lib/errors.js';
import type { ExpiryClock } from '../../lib/persistence/expiry-clock.js';
import { MemoryStorage } from '../../lib/platform/memory-storage.js';

/** Time stands still until `advance`. */
export class ManualClock implements Clock {
  #now = 0;
  #timers: { readonly at: number; readonly callback: () => void }[] = [];
  /** Callbacks that have run. */
  fired = 0;

  wallMilliseconds(): number {
    return 1_700_000_000_000 + this.#now;
  }

  monotonicMilliseconds(): number {
    return this.#now;
  }

  after(delayMilliseconds: number, callback: () => void): Cancel {
    const timer = { at: this.#now + Math.max(0, delayMilliseconds), callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Fires what is due on the way, the earliest first; lets promises run after each. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await turn();
    for (;;) {
      const [first] = this.#timers.toSorted((a, b) => a.at - b.at);
      if (first === undefined || first.at > end) break;
      this.#timers = this.#timers.filter((other) => other !== first);
      this.#now = Math.max(this.#now, first.at);
      this.fired += 1;
      first.callback();
      await turn();
    }
    this.#now = end;
  }

  get waiting(): number {
    return this.#timers.length;
  }
}

/** A clock that agrees with those of all others, as long as `isSane` says so. */
export function expiryClockOf(
  clock: Pick<Clock, 'wallMilliseconds'>,
  isSane: () => boolean = () => true,
): ExpiryClock {
  return {
    now: () => (isSane() ? clock.wallMilliseconds() : undefined),
    stamp: () => clock.wallMilliseconds(),
    agreed: () => clock.wallMilliseconds(),
    skewMaxMilliseconds: 5000,
  };
}

/** All promises that are ready have run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The same seed gives the same chance (mulberry32). */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => Math.floor(this.fraction() * 256));
  }
}

/** Remembers what was counted, measured last, and logged. */
export class CountingObserver implements Observer {
  readonly counts = new Map<string, number>();
  readonly measures = new Map<string, number>();
  readonly events: string[] = [];

  log(_severity: string, event: string, _fields?: LogFields): void {
    this.events.push(event);
  }

  count(metric: MetricName, labels: Labels = {}, by = 1): void {
    const name = [metric, ...Object.values(labels)].join(' ');
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  measure(metric: MetricName, value: number, labels: Labels = {}): void {
    this.measures.set([metric, ...Object.values(labels)].join(' '), value);
  }
}

interface Waiting {
  readonly batch: readonly StorageOperation[];
  readonly sync: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A disk whose batches are done when the test says so, and that forgets what was not synced. */
export class HeldStorage implements Storage {
  #disk = new MemoryStorage();
  /** Batches done since the last that was synced: a crash keeps a prefix of them. */
  #unsynced: (readonly StorageOperation[])[] = [];
  #durable = new MemoryStorage();
  readonly waiting: Waiting[] = [];
  readonly done: { readonly keys: string[]; readonly sync: boolean }[] = [];
  closed = false;
  /** Held: `write` waits for `release`. */
  held = false;
  /** What the disk has room for; undefined: nobody knows. */
  free: number | undefined;
  compacted = 0;
  /** What the engine lost, as it says at every opening until it is noted. */
  repair: StorageRepair | undefined;
  #failed = false;

  get(key: string): Uint8Array | undefined {
    return this.#disk.get(key);
  }

  range(range: Range): Promise<StorageEntry[]> {
    return this.#disk.range(range);
  }

  write(batch: readonly StorageOperation[], { sync }: { readonly sync: boolean }): Promise<void> {
    if (this.#failed || this.closed) return Promise.reject(failure());
    return new Promise((resolve, reject) => {
      this.waiting.push({ batch, sync, resolve, reject });
      if (!this.held) void this.release();
    });
  }

  /** Completes the oldest batch. */
  async release(): Promise<void> {
    const first = this.waiting.shift();
    if (first === undefined) throw new Error('no batch waits');
    const { batch, sync, resolve } = first;
    await this.#disk.write(batch);
    this.#unsynced.push(batch);
    this.done.push({ keys: batch.map(({ key }) => key), sync });
    if (sync) await this.#keep(this.#unsynced.length);
    resolve();
    await turn();
  }

  async compact(): Promise<void> {
    this.compacted += 1;
  }

  async usedBytes(): Promise<number | undefined> {
    return undefined;
  }

  async freeBytes(): Promise<number | undefined> {
    return this.free;
  }

  /** The engine lost something, and was repaired. */
  wound(reason: string): void {
    const noted = async (): Promise<void> => {
      this.repair = undefined;
    };
    this.repair = { reason, noted };
  }

  async fail(): Promise<void> {
    this.#failed = true;
    this.waiting.shift()?.reject(failure());
    await turn();
  }

  /** What another process finds after a power cut: all that was synced, and `extra` batches. */
  async afterCrash(extra = 0): Promise<HeldStorage> {
    await this.#keep(Math.min(extra, this.#unsynced.length));
    const found = new HeldStorage();
    found.free = this.free;
    if (this.repair !== undefined) found.wound(this.repair.reason);
    const kept = await this.#durable.range({ from: '', before: '\u{10ffff}', limit: 1e9 });
    const batch = kept.map(([key, value]) => ({ type: 'put', key, value }) as const);
    await found.#durable.write(batch);
    await found.#disk.write(batch);
    return found;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  async #keep(count: number): Promise<void> {
    for (const batch of this.#unsynced.splice(0, count)) await this.#durable.write(batch);
  }
}

function failure(): OperatingError {
  return new OperatingError('storage_failed', 'the disk is gone');
}
