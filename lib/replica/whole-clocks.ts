/**
 * Which clocks speak for all that this node holds (docs/architecture.md, B3). Clocks are persisted
 * lazily, so after a kill a clock lacks versions that lie in the records: it vouches for nothing
 * that it does not have, and must not be asked what is missing elsewhere until it was completed
 * from the records.
 */
import type { Clock } from '../environment/clock.js';
import type { ForegroundLoad } from '../environment/foreground-load.js';
import type { Observer } from '../environment/observer.js';
import { Pauses } from '../environment/pauses.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import { isCorrupt, messageOf } from '../errors.js';
import type { Ownership } from '../partitioning/ownership.js';
import { keyAfter, recordKeyOf, recordsOf } from '../persistence/keyspace.js';
import type { RecordTable } from '../persistence/record-table.js';
import type { Store } from '../persistence/store.js';
import type { PartitionHealth } from './health.js';
import type { PartitionClocks } from './partition-clocks.js';

export interface WholeClocksOptions {
  readonly ownership: Pick<Ownership, 'own' | 'partitionCount'>;
  readonly store: Store;
  readonly table: RecordTable;
  readonly clocks: PartitionClocks;
  readonly health: PartitionHealth;
  readonly foreground: ForegroundLoad;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
}

/** While somebody asks for clocks that are not whole: so often they are looked for. */
const INTERVAL_MILLISECONDS = 200;
/** After a failure, and twice as long after each further one: all records are read again. */
const PAUSE_MILLISECONDS = 1_000;
const PAUSE_MILLISECONDS_MAX = 600_000;
/** Records that are in memory at once. */
const PAGE_RECORDS = 200;

/** What keeps the clock of a partition from being completed. */
interface Failure {
  /** Of the clock: once it was emptied, the partition was rebuilt, and nothing is known of it. */
  readonly generation: number;
  readonly pauseMilliseconds: number;
  /** On the monotonic clock. */
  readonly againAt: number;
}

export class WholeClocks {
  readonly #options: WholeClocksOptions;
  readonly #pauses: Pauses;
  readonly #periodic: Periodic;
  /** By partition, the generation of the clock that was completed. */
  readonly #whole = new Map<number, number>();
  readonly #failures = new Map<number, Failure>();
  #isStarted = false;

  constructor(options: WholeClocksOptions) {
    this.#options = options;
    this.#pauses = new Pauses(options);
    this.#periodic = new Periodic(options, {
      name: 'complete clocks',
      intervalMilliseconds: INTERVAL_MILLISECONDS,
      task: () => this.#completeAll(),
    });
  }

  /** It reads nothing until somebody asks. */
  start(): void {
    this.#isStarted = true;
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    this.#pauses.stop();
    await this.#periodic.stop();
  }

  /**
   * Does the clock have every version that a record of the partition holds here? All clocks are
   * completed soon after a question that was answered with no.
   */
  isWhole(partition: number): boolean {
    const isWhole = this.#wasCompleted(partition);
    if (!isWhole && this.#isStarted) this.#periodic.start();
    return isWhole;
  }

  #wasCompleted(partition: number): boolean {
    const { clocks, health } = this.#options;
    if (health.isRebuilding(partition)) return false;
    return this.#whole.get(partition) === clocks.generation(partition);
  }

  /** Until somebody asks again. What has failed before comes last: it holds up no other. */
  async #completeAll(): Promise<void> {
    const { ownership } = this.#options;
    void this.#periodic.stop();
    const due = ownership.own.filter((partition) => this.#isDue(partition));
    const failed = due.filter((partition) => this.#failures.has(partition));
    const others = due.filter((partition) => !this.#failures.has(partition));
    for (const partition of [...others, ...failed]) {
      if (this.#pauses.isStopped) return;
      if (!this.#isDue(partition)) continue;
      await this.#complete(partition).catch((error: unknown) => this.#failed(partition, error));
    }
  }

  #isDue(partition: number): boolean {
    const { health, clock } = this.#options;
    if (this.#wasCompleted(partition) || health.isRebuilding(partition)) return false;
    const failure = this.#failureOf(partition);
    return failure === undefined || clock.monotonicMilliseconds() >= failure.againAt;
  }

  #failureOf(partition: number): Failure | undefined {
    const failure = this.#failures.get(partition);
    return failure?.generation === this.#options.clocks.generation(partition) ? failure : undefined;
  }

  /** Such as a record of another build. It is in the log once. */
  #failed(partition: number, error: unknown): void {
    const { clock, clocks, observer } = this.#options;
    observer.count('quorate_background_failures_total', { task: 'complete clocks' });
    const before = this.#failureOf(partition);
    const pauseMilliseconds =
      before === undefined
        ? PAUSE_MILLISECONDS
        : Math.min(2 * before.pauseMilliseconds, PAUSE_MILLISECONDS_MAX);
    const againAt = clock.monotonicMilliseconds() + pauseMilliseconds;
    const generation = clocks.generation(partition);
    this.#failures.set(partition, { generation, pauseMilliseconds, againAt });
    if (before !== undefined) return;
    observer.log('warn', 'a clock cannot be completed', { partition, reason: messageOf(error) });
  }

  /** What is written meanwhile is in the clock by itself. */
  async #complete(partition: number): Promise<void> {
    const { ownership, store, clocks, clock, observer } = this.#options;
    const generation = clocks.generation(partition);
    const range = recordsOf(partition, ownership.partitionCount);
    let { from } = range;
    for (;;) {
      const beganAt = clock.monotonicMilliseconds();
      const page = await store.range({ from, before: range.before, limit: PAGE_RECORDS });
      if (this.#pauses.isStopped || clocks.generation(partition) !== generation) return;
      for (const [key, bytes] of page) {
        if (!this.#take(partition, key, bytes)) return;
        from = keyAfter(key);
      }
      if (page.length < PAGE_RECORDS) break;
      await this.#pauses.rest(beganAt);
    }
    if (clocks.generation(partition) !== generation) return;
    this.#whole.set(partition, generation);
    this.#failures.delete(partition);
    observer.count('quorate_completed_clocks_total');
  }

  /** False where the record is damaged: the rebuild comes first. */
  #take(partition: number, key: string, bytes: Uint8Array): boolean {
    const { ownership, table, clocks, health, observer } = this.#options;
    const at = recordKeyOf(key, ownership.partitionCount);
    try {
      const { context, versions } = table.decode(at, bytes);
      clocks.note(
        partition,
        context,
        versions.map(({ dot }) => dot),
      );
      return true;
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      observer.count('quorate_corrupt_records_total');
      health.damage(partition, 'checksum');
      return false;
    }
  }
}
