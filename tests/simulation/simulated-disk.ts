/**
 * A disk that forgets at a crash what was not synced, but for a prefix of it
 * (lib/environment/storage.ts).
 */
import type { Entry, Range, Storage, StorageOperation } from '../../lib/environment/storage.js';
import { OperatingError } from '../../lib/errors.js';
import type { SeededRandom } from './seeded-random.js';
import type { MachineTime } from './simulated-clock.js';
import type { World } from './world.js';

/** Milliseconds. */
export interface DiskSpeed {
  readonly write: number;
  readonly sync: number;
}

interface Batch {
  readonly operations: readonly StorageOperation[];
  readonly sync: boolean;
  applied: boolean;
}

/** What remains while nodes come and go. Opened by one life of a node at a time. */
export class SimulatedDisk {
  readonly #world: World;
  readonly #name: string;
  readonly #random: SeededRandom;
  /** As it would be found after a crash now, with none of `#unsynced`. */
  readonly #durable = new Map<string, Uint8Array>();
  /** In order: given, but not known to be on the platter. */
  #unsynced: Batch[] = [];
  speed: DiskSpeed = { write: 0.1, sync: 2 };

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
    this.#random = world.random(`disk ${name}`);
  }

  open(machine: MachineTime, isAlive: () => boolean): Storage {
    const world = this.#world;
    const visible = new Map(this.#durable);
    let closed = false;
    let busyUntil = 0;
    const assertOpen = (): void => {
      if (closed) throw new OperatingError('storage_failed', 'storage is closed');
    };
    /** One thing after another; never for the dead. */
    const inTurn = (milliseconds: number, happen: () => void): void => {
      busyUntil = Math.max(busyUntil, world.now, machine.pausedUntil) + milliseconds;
      world.after(busyUntil - world.now, `disk ${this.#name}`, () => {
        if (isAlive()) happen();
      });
    };
    return {
      get: (key) => {
        assertOpen();
        return visible.get(key)?.slice();
      },
      range: async (range) => {
        assertOpen();
        return new Promise<Entry[]>((resolve) => {
          inTurn(this.speed.write, () => resolve(entriesOf(visible, range)));
        });
      },
      write: async (operations, { sync }) => {
        assertOpen();
        const batch: Batch = { operations: operations.map(copied), sync, applied: false };
        this.#unsynced.push(batch);
        return new Promise<void>((resolve) => {
          inTurn(this.#random.between(0.5, 1.5) * this.speed[sync ? 'sync' : 'write'], () => {
            for (const operation of batch.operations) apply(visible, operation);
            batch.applied = true;
            if (sync) this.#keep(this.#unsynced.indexOf(batch) + 1);
            resolve();
          });
        });
      },
      close: async () => {
        if (closed) return;
        closed = true;
        await new Promise<void>((resolve) => {
          inTurn(this.speed.sync, () => {
            this.#keep(this.#unsynced.length);
            resolve();
          });
        });
      },
    };
  }

  /** Power is lost: of what was not synced a prefix remains; a batch is whole or gone. */
  crash(): void {
    const kept = this.#random.below(this.#unsynced.length + 1);
    const lost = this.#unsynced.slice(kept).filter(({ operations }) => operations.length > 0);
    if (lost.length > 0) this.#world.count('crash lost unsynced batches');
    if (lost.some(({ applied }) => applied)) this.#world.count('crash lost finished writes');
    this.#keep(kept);
    this.#unsynced = [];
  }

  #keep(count: number): void {
    for (const { operations } of this.#unsynced.splice(0, count)) {
      for (const operation of operations) apply(this.#durable, operation);
    }
  }
}

function apply(entries: Map<string, Uint8Array>, operation: StorageOperation): void {
  if (operation.type === 'put') entries.set(operation.key, operation.value);
  else entries.delete(operation.key);
}

function copied(operation: StorageOperation): StorageOperation {
  return operation.type === 'put' ? { ...operation, value: operation.value.slice() } : operation;
}

function entriesOf(entries: ReadonlyMap<string, Uint8Array>, range: Range): Entry[] {
  const { from, before, limit } = range;
  const bytes = (text: string): Buffer => Buffer.from(text);
  const [low, high] = [bytes(from), bytes(before)];
  return [...entries]
    .map(([key, value]) => ({ key, value, order: bytes(key) }))
    .filter(({ order }) => order.compare(low) >= 0 && order.compare(high) < 0)
    .sort((a, b) => a.order.compare(b.order))
    .slice(0, limit)
    .map(({ key, value }) => [key, value.slice()] as const);
}
