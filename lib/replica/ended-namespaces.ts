/**
 * The end of namespaces that were deleted: their values become stubs on each replica, a few at a
 * time, and go as all that has ended does (docs/architecture.md, N4). No request names them any
 * more: this gives back the room.
 */
import type { Clock } from '../environment/clock.js';
import type { ForegroundLoad } from '../environment/foreground-load.js';
import type { Observer } from '../environment/observer.js';
import { Pauses } from '../environment/pauses.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import { OperatingError } from '../errors.js';
import { generationsOf } from '../partitioning/namespace.js';
import {
  afterNamespace,
  keyEntriesOf,
  keyOfEntry,
  recordOfEntry,
} from '../persistence/key-index.js';
import { keyAfter } from '../persistence/keyspace.js';
import type { Store } from '../persistence/store.js';
import { takesNothingNow } from '../persistence/store-refusals.js';
import { endReadable, type Endings } from './endings.js';
import type { PartitionHealth } from './health.js';

export interface EndedNamespacesOptions {
  readonly store: Store;
  readonly endings: Endings;
  readonly health: PartitionHealth;
  readonly clock: Clock;
  readonly foreground: ForegroundLoad;
  readonly random: Random;
  readonly observer: Observer;
  /** Q of the ring. */
  readonly partitionCount: () => number;
  /** Names; another list where one more was deleted. */
  readonly everEnded: () => readonly string[];
  /** Of the namespace of a stored key. */
  readonly hasEnded: (stored: string) => boolean;
  /** `reapIntervalMilliseconds`: the pause between two turns. */
  readonly limits: { readonly reapIntervalMilliseconds: number };
}

/** Keys of one go: some milliseconds of the event loop. */
const PAGE = 32;
/** Records may come late: from a hint, or an owner that was away. */
const AGAIN_MILLISECONDS = 10_000;

export class EndedNamespaces {
  readonly #options: EndedNamespacesOptions;
  readonly #periodic: Periodic;
  readonly #pauses: Pauses;
  #looked: readonly string[] | undefined;
  /** On the monotonic clock. */
  #lookedAt = 0;

  constructor(options: EndedNamespacesOptions) {
    this.#options = options;
    this.#pauses = new Pauses(options);
    this.#periodic = new Periodic(options, {
      name: 'end of namespaces',
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

  /** All of them, with rests between pages; nothing where all was looked at a while ago. */
  async run(): Promise<void> {
    const { clock, everEnded } = this.#options;
    const names = everEnded();
    const since = clock.monotonicMilliseconds() - this.#lookedAt;
    if (names.length === 0 || (names === this.#looked && since < AGAIN_MILLISECONDS)) return;
    try {
      for (const name of names) await this.#end(name);
    } catch (error) {
      if (error instanceof OperatingError && takesNothingNow(error.code)) return;
      throw error;
    }
    if (this.#pauses.isStopped) return;
    this.#looked = names;
    this.#lookedAt = clock.monotonicMilliseconds();
  }

  async #end(name: string): Promise<void> {
    const { store, clock, hasEnded } = this.#options;
    const range = keyEntriesOf(generationsOf(name));
    let { from } = range;
    while (!this.#pauses.isStopped) {
      const began = clock.monotonicMilliseconds();
      const page = await store.range({ ...range, from, limit: PAGE });
      let committed: Promise<void> | undefined;
      for (const [entry] of page) {
        const { namespace } = keyOfEntry(entry);
        const isOver = hasEnded(namespace);
        from = isOver ? keyAfter(entry) : afterNamespace(namespace);
        if (!isOver) break;
        committed = this.#endValues(entry) ?? committed;
      }
      // Batches reach the disk in order.
      await committed;
      if (page.length === 0) return;
      await this.#pauses.rest(began);
    }
  }

  /** Resolves when it is on its way to the disk; undefined where nothing was to be done. */
  #endValues(entry: string): Promise<void> | undefined {
    const { endings, health, partitionCount } = this.#options;
    const at = recordOfEntry(entry, partitionCount());
    const ended = endReadable(health, at, () => endings.end(at));
    return ended?.value === true ? ended.committed : undefined;
  }
}
