/**
 * A disk under an engine that writes log files, as LevelDB does: a crash may take any of what was
 * not synced, and a sync reaches only the log file that is written now. The handle makes of it what
 * the port promises, by the code that the real one uses (lib/platform/unsynced-writes.ts). The disk
 * also fails, fills up, rots and is lost as it is asked.
 */
import type {
  StorageEntry,
  Range,
  Storage,
  StorageOperation,
  StorageRepair,
} from '../../lib/environment/storage.js';
import { OperatingError } from '../../lib/errors.js';
import { UnsyncedWrites } from '../../lib/platform/unsynced-writes.js';
import type { Batch } from './log-files.js';
import { LogFiles } from './log-files.js';
import type { SeededRandom } from './seeded-random.js';
import type { MachineTime } from './simulated-clock.js';
import { SortedMap } from './sorted-map.js';
import { applyTo, copied, entriesOf, prefixRange } from './stored-entries.js';
import { VanishedKeys } from './vanished-keys.js';
import type { World } from './world.js';

/** Milliseconds. */
export interface DiskSpeed {
  readonly write: number;
  readonly sync: number;
}

/** What becomes of a batch whose write fails: nobody can know. */
type Failure = 'lost' | 'kept';

interface Earlier {
  readonly entries: readonly (readonly [string, Uint8Array])[];
  readonly engineDamaged: boolean;
}

export const FREE_BYTES = 2 ** 40;

/** What remains while nodes come and go. Opened by one life of a node at a time. */
export class SimulatedDisk {
  readonly name: string;
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #logs: LogFiles;
  /** As it would be found after a crash now, with nothing that was not synced. */
  readonly #durable = new SortedMap<Uint8Array>();
  /** What the present handle sees; undefined: none was opened yet. */
  #visible = new SortedMap<Uint8Array>();
  /** As it was at some moment, for a later return to it. */
  #earlier: Earlier | undefined;
  /** The engine lost some of what it had, and says so at every opening until that is noted. */
  #engineDamaged = false;
  speed: DiskSpeed = { write: 0.1, sync: 2 };
  /** Below zero bytes, writes fail. */
  freeBytes = FREE_BYTES;
  /** What becomes of the next batch with operations in it; the handle is dead after it. */
  failNext: Failure | undefined;
  /** Has anything ever been wrong with it but its speed? */
  everFaulty = false;
  /** When it lost something last that it had kept. */
  damagedAt = Number.NEGATIVE_INFINITY;
  /** It was rolled back, and its node does not know yet: there was nobody to tell. */
  isOld = false;
  /** Keys under which damaged bytes lie that nobody has replaced. */
  readonly rotten = new Set<string>();
  /** Keys that are gone, and that nobody has missed yet. */
  readonly vanished = new VanishedKeys();
  /** Called with what is about to be removed for good. */
  onRemoval: (key: string, bytes: Uint8Array) => void = () => undefined;
  /** Called when a handle has died. */
  onFailed: () => void = () => undefined;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
    this.#random = world.random(`disk ${name}`);
    this.#logs = new LogFiles(world, world.random(`log files ${name}`), ({ operations }) => {
      for (const operation of operations) this.#apply(this.#durable, operation);
    });
  }

  open(machine: MachineTime, isAlive: () => boolean): Storage {
    const noted = async (): Promise<void> => {
      this.#engineDamaged = false;
    };
    const repair = this.#engineDamaged ? { reason: 'some of it is lost', noted } : undefined;
    this.#visible = new SortedMap(this.#durable);
    return new Handle(this, { world: this.#world, machine, isAlive }, this.#visible, repair);
  }

  /** What a loss of power now would leave under the key at the least. */
  durable(key: string): Uint8Array | undefined {
    const last = this.#logs.surviving.findLast((operation) => operation.key === key);
    if (last === undefined) return this.#durable.get(key);
    return last.type === 'put' ? last.value : undefined;
  }

  /** What the present handle sees, synced or not. */
  visible(key: string): Uint8Array | undefined {
    return this.#visible.get(key);
  }

  durableEntries(prefix: string): (readonly [string, Uint8Array])[] {
    const entries = new SortedMap(this.#durable);
    for (const operation of this.#logs.surviving) applyTo(entries, operation);
    return entriesOf(entries, prefixRange(prefix));
  }

  visibleEntries(prefix: string): (readonly [string, Uint8Array])[] {
    return entriesOf(this.#visible, prefixRange(prefix));
  }

  /** Milliseconds that the next one will need. */
  takes(kind: keyof DiskSpeed): number {
    return this.#random.between(0.5, 1.5) * this.speed[kind];
  }

  /** Takes a batch for writing. */
  given(operations: readonly StorageOperation[], sync: boolean): Batch {
    return this.#logs.given(operations, sync);
  }

  /** @returns why, where it failed */
  written(batch: Batch, visible: SortedMap<Uint8Array>): string | undefined {
    const failure = this.#failureOf(batch);
    if (failure !== undefined) {
      const why = this.freeBytes < 0 ? 'no space is left' : 'input/output error';
      this.failNext = undefined;
      if (failure === 'lost') this.#logs.forget(batch);
      this.#world.count(`disk: write failed, batch ${failure}`);
      this.#world.note(`disk ${this.name} fails: ${why}, the batch is ${failure}`);
      this.onFailed();
      return why;
    }
    for (const operation of batch.operations) {
      const removed = operation.type === 'delete' ? visible.get(operation.key) : undefined;
      if (removed !== undefined) this.onRemoval(operation.key, removed);
      this.#apply(visible, operation);
    }
    this.#logs.applied(batch);
    return undefined;
  }

  closed(): void {
    this.#logs.closed();
  }

  /** Would the next write succeed? */
  get isWell(): boolean {
    return this.failNext === undefined && this.freeBytes >= 0;
  }

  /** What a crash left of it may be a state in which it never was (decision 0015). */
  get hasLostMiddle(): boolean {
    return this.#logs.hasLostMiddle;
  }

  /** Power is lost. */
  crash(): void {
    this.#logs.crash();
  }

  /** Flips a bit of a value whose key begins so. @returns the key, if there is any */
  rot(prefix: string): string | undefined {
    const keys = this.#durable.keysIn(prefix, `${prefix}\u{10ffff}`);
    const whole = keys.filter((key) => (this.#durable.get(key)?.length ?? 0) > 0);
    if (whole.length === 0) return undefined;
    const key = this.#random.pick(whole);
    const bytes = (this.#durable.get(key) ?? new Uint8Array()).slice();
    const at = this.#random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << this.#random.below(8));
    this.#damage(key, bytes);
    this.rotten.add(key);
    return key;
  }

  /** What a clean stop has left for the next start is torn. Only while nobody has it open. */
  tearTicket(): boolean {
    const key = 'm/ticket';
    const bytes = this.#durable.get(key)?.slice();
    if (bytes === undefined) return false;
    const at = this.#random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    this.#damage(key, bytes);
    return true;
  }

  /** A value is gone, and nothing says so. @returns its key, if there is any */
  vanish(prefix: string): string | undefined {
    const keys = this.#durable.keysIn(prefix, `${prefix}\u{10ffff}`);
    if (keys.length === 0) return undefined;
    const key = this.#random.pick(keys);
    this.#damage(key, undefined);
    this.rotten.delete(key);
    this.vanished.add(key);
    return key;
  }

  /** Notes what is durable now. */
  remember(): void {
    this.#earlier = { entries: this.durableEntries(''), engineDamaged: this.#engineDamaged };
  }

  /** Everything is again as it was remembered. Only while nobody has the disk open. */
  rollBack(): boolean {
    if (this.#earlier === undefined) return false;
    this.#replace(this.#earlier.entries);
    // What its engine had lost by then it finds out again.
    this.#engineDamaged = this.#earlier.engineDamaged;
    this.isOld = true;
    this.#earlier = undefined;
    return true;
  }

  /** What is durable on the other disk now. Only while nobody has this one open. */
  copy(other: SimulatedDisk): void {
    this.#replace(other.durableEntries(''));
  }

  /** Another disk, with what a crash now would leave of this one at the least. */
  clone(name: string): SimulatedDisk {
    const clone = new SimulatedDisk(this.#world, name);
    for (const [key, value] of this.durableEntries('')) clone.#durable.set(key, value);
    return clone;
  }

  /** Another disk, with nothing on it. Only while nobody has it open. */
  lose(): void {
    this.isOld = false;
    this.#replace([]);
  }

  /** Only while nobody has it open: the engine comes up without some of what it had. */
  damageEngine(): void {
    const share = this.#random.pick([0.01, 0.1, 0.6]);
    this.#replace([...this.#durable].filter(() => !this.#random.chance(share)));
    this.#engineDamaged = true;
  }

  #replace(entries: readonly (readonly [string, Uint8Array])[]): void {
    this.everFaulty = true;
    this.damagedAt = this.#world.now;
    this.rotten.clear();
    this.vanished.clear();
    this.#durable.clear();
    for (const [key, value] of entries) this.#durable.set(key, value);
  }

  #damage(key: string, bytes: Uint8Array | undefined): void {
    this.everFaulty = true;
    this.damagedAt = this.#world.now;
    for (const entries of [this.#durable, this.#visible]) {
      if (bytes === undefined) entries.delete(key);
      else entries.set(key, bytes);
    }
  }

  #failureOf({ operations }: Batch): Failure | undefined {
    if (operations.length === 0) return undefined;
    return this.failNext ?? (this.freeBytes < 0 ? 'lost' : undefined);
  }

  #apply(entries: SortedMap<Uint8Array>, operation: StorageOperation): void {
    this.rotten.delete(operation.key);
    this.vanished.delete(operation.key);
    applyTo(entries, operation);
  }
}

interface Life {
  readonly world: World;
  readonly machine: MachineTime;
  readonly isAlive: () => boolean;
}

/** What one life of a node has of the disk. */
class Handle implements Storage {
  readonly repair: StorageRepair | undefined;
  readonly #disk: SimulatedDisk;
  readonly #life: Life;
  readonly #visible: SortedMap<Uint8Array>;
  /** Takes nothing more. */
  #closed = false;
  /** Why nothing can be done with it any more. */
  #dead: string | undefined;
  #busyUntil = 0;
  #lastWrite: Promise<void> = Promise.resolve();
  readonly #unsynced = new UnsyncedWrites();

  constructor(
    disk: SimulatedDisk,
    life: Life,
    visible: SortedMap<Uint8Array>,
    repair: StorageRepair | undefined,
  ) {
    this.#disk = disk;
    this.#life = life;
    this.#visible = visible;
    this.repair = repair;
  }

  async compact(): Promise<void> {
    this.#assertOpen();
    await this.#inTurn(this.#disk.speed.write);
    this.#assertAlive();
  }

  readonly usedBytes = async (): Promise<undefined> => undefined;

  async freeBytes(): Promise<number | undefined> {
    return Math.max(0, this.#disk.freeBytes);
  }

  get(key: string): Uint8Array | undefined {
    this.#assertOpen();
    return this.#visible.get(key)?.slice();
  }

  range(range: Range): Promise<StorageEntry[]> {
    return this.#known(this.#read(range));
  }

  async #read(range: Range): Promise<StorageEntry[]> {
    this.#assertOpen();
    await this.#inTurn(this.#disk.speed.write);
    this.#assertAlive();
    const page = entriesOf(this.#visible, range);
    this.#disk.vanished.read(range, page);
    return page;
  }

  write(operations: readonly StorageOperation[], { sync }: { sync: boolean }): Promise<void> {
    const write = this.#commit(this.#lastWrite, operations.map(copied), sync);
    this.#lastWrite = write.catch(() => undefined);
    return this.#known(write);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#lastWrite;
    await this.#inTurn(this.#disk.speed.sync);
    if (this.#dead === undefined) this.#disk.closed();
  }

  async #commit(
    before: Promise<void>,
    operations: readonly StorageOperation[],
    sync: boolean,
  ): Promise<void> {
    this.#assertOpen();
    await before;
    this.#assertAlive();
    // A crash takes what waited for its turn.
    if (!this.#life.isAlive()) await new Promise(() => undefined);
    const next = this.#unsynced.next(operations, sync);
    const batch = this.#disk.given(next.operations, next.sync);
    await this.#inTurn(this.#disk.takes(next.sync ? 'sync' : 'write'));
    this.#dead = this.#disk.written(batch, this.#visible);
    this.#assertAlive();
    next.written();
  }

  #assertOpen(): void {
    if (this.#closed) throw new OperatingError('storage_failed', 'storage is closed');
    this.#assertAlive();
  }

  #assertAlive(): void {
    if (this.#dead !== undefined) throw new OperatingError('storage_failed', this.#dead);
  }

  #known<T>(work: Promise<T>): Promise<T> {
    return this.#life.machine.known(`disk ${this.#disk.name}`, work);
  }

  /** One thing after another; never for the dead. */
  #inTurn(milliseconds: number): Promise<void> {
    const { world, isAlive } = this.#life;
    this.#busyUntil = Math.max(this.#busyUntil, world.now) + milliseconds;
    return new Promise((resolve) => {
      world.after(this.#busyUntil - world.now, `disk ${this.#disk.name}`, () => {
        if (isAlive()) resolve();
      });
    });
  }
}
