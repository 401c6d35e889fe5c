/**
 * Settles, in the background, operations that were begun and then left alone: their coordinator
 * died, or was late, and nobody asks for them (docs/consensus.md, K22). Until one is settled its
 * two numbers are a gap, and no tombstone above the gap can be removed.
 *
 * The records of operations end, so the index of what ends has each of them once, in the order in
 * which they were stored. A turn goes on in it where the last turn stopped.
 */
import type { Clock } from '../../environment/clock.js';
import type { ForegroundLoad } from '../../environment/foreground-load.js';
import type { Observer } from '../../environment/observer.js';
import { Pauses } from '../../environment/pauses.js';
import { Periodic } from '../../environment/periodic.js';
import type { Random } from '../../environment/random.js';
import { OperatingError } from '../../errors.js';
import { OPERATIONS_NAMESPACE } from '../../partitioning/namespace.js';
import type { Ownership } from '../../partitioning/ownership.js';
import type { ExpiryClock } from '../../persistence/expiry-clock.js';
import {
  indexFrom,
  keyAfter,
  parseIndexKey,
  type RecordKey,
  recordKey,
} from '../../persistence/keyspace.js';
import type { Store } from '../../persistence/store.js';
import type { Replica } from '../../replica/replica.js';
import type { Plans } from '../../replication/plan.js';
import type { LevelPaths } from '../path/level-paths.js';
import { metIn, type OperationRecords } from './operation-records.js';
import { isUnderWay } from './under-way.js';

export interface BegunOperationsOptions {
  readonly records: Pick<OperationRecords, 'read' | 'store' | 'endsAfter'>;
  readonly paths: Pick<LevelPaths, 'settle'>;
  readonly plans: Plans;
  readonly ownership: Pick<Ownership, 'self' | 'isOwn' | 'partitionCount'>;
  readonly store: Store;
  readonly replica: Pick<Replica, 'read'>;
  readonly expiryClock: ExpiryClock;
  readonly isReady: () => boolean;
  readonly timeoutDefaultMilliseconds: number;
  readonly timeoutMaxMilliseconds: number;
  readonly clock: Clock;
  readonly foreground: ForegroundLoad;
  readonly random: Random;
  readonly observer: Observer;
}

const INTERVAL_MILLISECONDS = 5_000;
/** Index entries looked at in one go. */
const PAGE = 32;
const PAGES_A_TURN = 200;
/** Each takes some rounds of consensus. */
const SETTLED_A_TURN = 32;
/** More are not remembered: the walk waits for them. */
const WAITING_MAX = 1_000;
/** A record may have come late, or another owner should have settled it, and is gone. */
const FROM_THE_BEGINNING_MILLISECONDS = 3_600_000;

export class BegunOperations {
  readonly #options: BegunOperationsOptions;
  readonly #periodic: Periodic;
  readonly #pauses: Pauses;
  /** Ids that were found begun, and are not settled yet, in the order of the next try. */
  readonly #waiting = new Set<string>();
  /** Where to go on in the index. */
  #from = '';
  /** On the monotonic clock. */
  #beganAt = Number.NEGATIVE_INFINITY;

  constructor(options: BegunOperationsOptions) {
    this.#options = options;
    this.#pauses = new Pauses(options);
    this.#periodic = new Periodic(options, {
      name: 'settle operations',
      intervalMilliseconds: INTERVAL_MILLISECONDS,
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

  /** One turn, with rests. */
  async run(): Promise<void> {
    const { expiryClock, isReady } = this.#options;
    const now = expiryClock.agreed();
    if (now === undefined || !isReady()) return;
    await this.#walk(now);
    for (const id of [...this.#waiting].slice(0, SETTLED_A_TURN)) {
      if (this.#pauses.isStopped) return;
      await this.#try(id);
    }
  }

  /** Finds those that nobody can carry out any more, since they began so long ago. */
  async #walk(now: number): Promise<void> {
    const { store, records, clock, expiryClock, timeoutMaxMilliseconds } = this.#options;
    this.#beginAgain(now);
    const longest = timeoutMaxMilliseconds + expiryClock.skewMaxMilliseconds;
    const before = indexFrom('expiring', Math.floor(records.endsAfter(now - longest)));
    for (let pages = 0; pages < PAGES_A_TURN && this.#waiting.size < WAITING_MAX; pages += 1) {
      if (this.#pauses.isStopped || this.#from >= before) return;
      const began = clock.monotonicMilliseconds();
      const page = await store.range({ from: this.#from, before, limit: PAGE });
      for (const [entry] of page) {
        this.#look(entry);
        this.#from = keyAfter(entry);
      }
      if (page.length < PAGE) return;
      await this.#pauses.rest(began);
    }
  }

  #beginAgain(now: number): void {
    const at = this.#options.clock.monotonicMilliseconds();
    if (at - this.#beganAt < FROM_THE_BEGINNING_MILLISECONDS) return;
    this.#beganAt = at;
    this.#from = indexFrom('expiring', Math.floor(now));
  }

  #look(entry: string): void {
    const { ownership, replica } = this.#options;
    const { at } = parseIndexKey(entry, ownership.partitionCount);
    if (at.namespace !== OPERATIONS_NAMESPACE || !this.#isForThisNode(at)) return;
    try {
      if (metIn(replica.read(at)?.siblings)?.record.state === 'begun') this.#waiting.add(at.key);
    } catch (error) {
      // Damaged, or of another build: it holds up no other.
      if (!(error instanceof OperatingError)) throw error;
    }
  }

  /** One owner is enough. Two that differ on who is up do no harm. */
  #isForThisNode({ partition }: RecordKey): boolean {
    const { ownership, plans } = this.#options;
    if (!ownership.isOwn(partition)) return false;
    return plans.of(partition).primaries.find(({ up }) => up)?.node === ownership.self;
  }

  /** A stop does not wait for other nodes. */
  async #try(id: string): Promise<void> {
    const { clock, timeoutDefaultMilliseconds } = this.#options;
    const began = clock.monotonicMilliseconds();
    this.#waiting.delete(id);
    const settled = this.#settle(id, began + timeoutDefaultMilliseconds).catch((error: unknown) => {
      if (!(error instanceof OperatingError)) throw error;
      // What became of it cannot be known: nor can it later.
      return error.retryable && error.code !== 'outcome_unknown' ? 'not yet' : 'over';
    });
    const ended = await Promise.race([settled, this.#pauses.pause(timeoutDefaultMilliseconds)]);
    if (ended !== 'over') this.#waiting.add(id);
    await this.#pauses.rest(began);
  }

  async #settle(id: string, deadline: number): Promise<'over' | 'not yet'> {
    const { records, paths, ownership, observer } = this.#options;
    const met = await records.read(id, deadline);
    if (met?.record.state !== 'begun') return 'over';
    if (isUnderWay(met.record, this.#options)) return 'not yet';
    const { payload, namespace, key, once } = met.record;
    const at = recordKey(namespace, key, ownership.partitionCount);
    const settled = await paths.settle({ at, once, deadline });
    const isEnded = settled === 'ended';
    const lapsed = { v: 2, state: 'lapsed', payload, namespace, key } as const;
    if (isEnded) await records.store(id, lapsed, met.unchanged, deadline);
    const result = isEnded ? 'lapsed' : 'applied';
    observer.count('quorate_settled_operations_total', { result });
    return 'over';
  }
}
