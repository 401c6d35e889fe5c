/** Transactions over any storage port: atomic by shape, durable in groups (Dynamo 5). */
import type { StorageEntry, Range, Storage, StorageOperation } from '../environment/storage.js';
import type { Observer } from '../environment/observer.js';
import { assert, isCorrupt, messageOf, OperatingError } from '../errors.js';
import type { CommitGroup } from './commit-group.js';
import { commitOperation, emptyGroup } from './commit-group.js';
import { operationsOf, storedCommit } from './commit-group.js';
import { queueFull, storeClosed } from './store-refusals.js';
import { Changes, type Transaction } from './transaction.js';

/** What an acknowledgement means: synced to the disk, handed to the system, or in memory only. */
export type Durability = 'sync' | 'os' | 'memory';

/**
 * What goes on while the disk is nearly full. `shrinking`: what leaves less than there was (a value
 * that ended or is deleted, what was kept too long), as long as a part of the reserve is left.
 * `vital`: always; the few bytes by which a node knows itself and its cluster, hints that leave,
 * records that are collected.
 */
export type Urgency = 'ordinary' | 'shrinking' | 'vital';

export interface Transacted<T> {
  readonly value: T;
  /** Resolves when the transaction is as durable as was asked. */
  readonly committed: Promise<void>;
}

export interface StoreOptions {
  readonly storage: Storage;
  readonly observer: Observer;
  /** Bytes of keys and values that may wait for the disk; beyond them writes are refused. */
  readonly queueBytesMax: number;
}

/** What transactions find now. */
export interface Room {
  /** Why no ordinary one is taken; undefined: it is. */
  readonly refusal: OperatingError | undefined;
  /** The same for one that leaves less than there was. */
  readonly shrinkingRefusal: OperatingError | undefined;
  /** Bytes that may still wait for the disk. Below 0 nothing is taken but what already was. */
  readonly bytesLeft: number;
}

/** So many keys may be written and unsynced (`os`, `memory`) before a sync is forced. */
const UNSYNCED_KEYS_MAX = 10_000;

/**
 * Read-merge-write needs no locks: `decide` is synchronous, sees everything that was decided before
 * it, and is queued whole or not at all. Batches reach the disk in order.
 * Invariant: a group's promise resolves only after the batch was written, and synced if it says so.
 */
export class Store {
  readonly #options: StoreOptions;
  #gathering: CommitGroup = emptyGroup();
  #writing: CommitGroup | undefined;
  #scheduled = false;
  readonly #unsynced = new Set<string>();
  /** The commit number that this life has found on the disk. */
  readonly foundCommit: number;
  #commit: number;
  /** The next durable commit number is above it. */
  #commitFloor = 0;
  #failure: OperatingError | undefined;
  #readOnly: OperatingError | undefined;
  #mayShrink = true;
  #shrinkingCount = 0;
  #fail: (failure: OperatingError) => void = () => undefined;
  /** Resolves when a batch has failed. */
  readonly failed = new Promise<OperatingError>((resolve) => {
    this.#fail = resolve;
  });
  #closed = false;
  #companions: () => readonly StorageOperation[] = () => [];

  constructor(options: StoreOptions) {
    this.#options = options;
    this.foundCommit = storedCommit(options.storage, options.observer);
    this.#commit = this.foundCommit;
  }

  /** Counts synced batches, over all starts: the durable commit number of every ack. */
  get commitNumber(): number {
    return this.#commit;
  }

  /**
   * What goes with each batch: asked for when one leaves, after all that is in it was decided and
   * before anything else is.
   */
  accompany(companions: () => readonly StorageOperation[]): void {
    this.#companions = companions;
  }

  /** Peers remember a higher number. Resolves when the own one is durably above it. */
  raiseCommit(above: number): Promise<void> {
    this.#commitFloor = Math.max(this.#commitFloor, above);
    return this.sync();
  }

  /** Why nothing can be written any more, where that is so: a failed batch poisons the handle. */
  get failure(): OperatingError | undefined {
    return this.#failure;
  }

  /** The share of the room for what waits for the disk that is used. */
  get queueFill(): number {
    return this.#queuedBytes / this.#options.queueBytesMax;
  }

  /** What several transactions find: asked for at once, and used in the same turn. */
  get room(): Room {
    const closed = this.#closed ? storeClosed() : undefined;
    return {
      refusal: this.refusal ?? closed,
      shrinkingRefusal: this.shrinkingRefusal ?? closed,
      bytesLeft: this.#options.queueBytesMax - this.#queuedBytes,
    };
  }

  get #queuedBytes(): number {
    return this.#gathering.bytes + (this.#writing?.bytes ?? 0);
  }

  /** Why no ordinary transaction is taken now: the disk failed, or has no room. */
  get refusal(): OperatingError | undefined {
    return this.#failure ?? this.#readOnly;
  }

  /** The same for a transaction that leaves less than there was. */
  get shrinkingRefusal(): OperatingError | undefined {
    return this.#failure ?? (this.#mayShrink ? undefined : this.#readOnly);
  }

  /** How many transactions were to leave less than there was. */
  get shrinkingCount(): number {
    return this.#shrinkingCount;
  }

  /**
   * Refuses ordinary transactions with this reason; undefined: takes them again.
   * @param mayShrink is there room for those that leave less than there was?
   */
  setReadOnly(reason: OperatingError | undefined, mayShrink = true): void {
    this.#readOnly = reason;
    this.#mayShrink = mayShrink;
  }

  /** What was last decided for the key, durable or not. */
  get(key: string): Uint8Array | undefined {
    for (const group of [this.#gathering, this.#writing]) {
      if (group?.entries.has(key)) return group.entries.get(key);
    }
    return this.#options.storage.get(key);
  }

  /** A page of what is on disk; what is still queued may be missing from it. */
  async range(range: Range): Promise<StorageEntry[]> {
    try {
      return await this.#options.storage.range(range);
    } catch (error) {
      // What the engine cannot list cannot be rebuilt either: it must be repaired.
      if (isCorrupt(error)) this.#giveUp(`the engine is damaged: ${error.message}`, error);
      throw error;
    }
  }

  /**
   * Runs `decide` and queues what it put. Nothing is queued if it throws.
   * @throws OperatingError `overloaded` where the queue is full, `read_only` where the disk is,
   * `storage_failed` after a failure.
   */
  transact<T>(
    decide: (transaction: Transaction) => T,
    durability: Durability = 'sync',
    urgency: Urgency = 'ordinary',
  ): Transacted<T> {
    this.#assertRoom(urgency);
    const changes = new Changes(this);
    const value = decide(changes);
    if (urgency === 'shrinking') this.#shrinkingCount += 1;
    const group = this.#gathering;
    changes.addTo(group);
    if (durability === 'sync') group.sync = true;
    group.awaited = true;
    this.#schedule();
    return { value, committed: durability === 'memory' ? Promise.resolve() : group.done };
  }

  /** Resolves when what `get` returns for the key is as durable; undefined where it is already. */
  whenDurable(key: string, durability: Durability = 'sync'): Promise<void> | undefined {
    if (durability === 'memory') return undefined;
    const group = [this.#gathering, this.#writing].find((one) => one?.entries.has(key));
    if (group !== undefined && (durability === 'os' || group.sync)) return group.done;
    if (group === undefined && (durability === 'os' || !this.#unsynced.has(key))) return undefined;
    return this.sync();
  }

  /** Resolves when everything decided so far is on the disk. */
  sync(): Promise<void> {
    this.#assertOpen();
    this.#gathering.sync = true;
    this.#gathering.awaited = true;
    this.#schedule();
    return this.#gathering.done;
  }

  /** The same; undefined where it is already. @throws OperatingError `storage_failed` */
  whenAllDurable(): Promise<void> | undefined {
    this.#assertOpen();
    const isQueued = this.#writing !== undefined || this.#gathering.entries.size > 0;
    return isQueued || this.#unsynced.size > 0 ? this.sync() : undefined;
  }

  /** Writes what is queued, and takes nothing more; then closes the storage. */
  async close(): Promise<void> {
    if (this.#closed) return;
    // What is synced stays the last batch: its number says whether a disk is at this point.
    const isSynced = this.#writing === undefined && !this.#gathering.awaited;
    const isDone = this.#failure !== undefined || (isSynced && this.#unsynced.size === 0);
    const last = isDone ? undefined : this.sync();
    this.#closed = true;
    await last?.catch(() => undefined);
    await this.#options.storage.close();
  }

  #assertOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed) throw storeClosed();
  }

  #assertRoom(urgency: Urgency): void {
    this.#assertOpen();
    if (this.#readOnly !== undefined && urgency === 'ordinary') throw this.#readOnly;
    if (urgency === 'shrinking' && this.shrinkingRefusal !== undefined) throw this.shrinkingRefusal;
    if (this.queueFill > 1) throw queueFull();
  }

  /** A microtask later, so that all transactions of one event-loop turn share a batch. */
  #schedule(): void {
    if (this.#scheduled || this.#writing !== undefined) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      void this.#write();
    });
  }

  async #write(): Promise<void> {
    assert(this.#writing === undefined, 'one batch is in flight');
    const group = this.#gathering;
    this.#gathering = emptyGroup();
    this.#writing = group;
    if (this.#unsynced.size > UNSYNCED_KEYS_MAX) group.sync = true;
    const { sync } = group;
    const commit = Math.max(this.#commit, this.#commitFloor) + 1;
    const batch = operationsOf(group);
    for (const operation of this.#companions()) batch.push(operation);
    if (sync) batch.push(commitOperation(commit));
    try {
      await this.#options.storage.write(batch, { sync });
      this.#written(group, commit);
    } catch (cause) {
      this.#poison(group, cause);
    }
  }

  /** Invariant: a commit number is sent to nobody before the batch that holds it is durable. */
  #written(group: CommitGroup, commit: number): void {
    if (group.sync) {
      this.#commit = commit;
      this.#unsynced.clear();
    } else for (const key of group.entries.keys()) this.#unsynced.add(key);
    this.#options.observer.count('quorate_commits_total', { sync: String(group.sync) });
    this.#options.observer.count('quorate_commit_operations_total', {}, group.entries.size);
    this.#writing = undefined;
    group.settle();
    if (this.#gathering.awaited) this.#schedule();
  }

  /** A sync that failed is never tried again: what the disk holds is known when it was reopened. */
  #poison(group: CommitGroup, cause: unknown): void {
    const message = `the disk failed: ${messageOf(cause)}`;
    this.#giveUp(message, cause);
    const lost = new OperatingError('storage_failed', message, { cause });
    group.settle(lost);
    this.#gathering.settle(lost);
  }

  /** Writes are refused from now on; whoever watches over the node opens the storage anew. */
  #giveUp(message: string, cause: unknown): void {
    const details = cause instanceof OperatingError ? cause.details : {};
    const known = { outcome: 'none', details, cause } as const;
    this.#failure ??= new OperatingError('storage_failed', message, known);
    const reason = messageOf(cause);
    this.#options.observer.log('error', 'storage failed; it must be opened anew', { reason });
    this.#fail(this.#failure);
  }
}
