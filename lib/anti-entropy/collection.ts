/** Collects the tombstones and stubs whose time is over, found by their index (E2). */
import { unseenByAll } from '../consensus/void-numbers.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { Questions } from './questions.js';
import type { Store } from '../persistence/store.js';
import type { RecordTable } from '../persistence/record-table.js';
import type { PartitionClocks } from '../replica/partition-clocks.js';
import type { PartitionHealth } from '../replica/health.js';
import type { DurableAcceptor } from '../replica/durable-acceptor.js';
import { endReadable, type Endings } from '../replica/endings.js';
import type { RecordCount } from '../persistence/record-count.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { Clock } from '../environment/clock.js';
import type { Random } from '../environment/random.js';
import type { Observer } from '../environment/observer.js';
import type { Pauses } from '../environment/pauses.js';
import { Periodic } from '../environment/periodic.js';
import { messageOf, OperatingError } from '../errors.js';
import { futureFrom } from '../persistence/expiry-clock.js';
import { indexEntriesOf } from '../persistence/indexes.js';
import { dropIfStale } from '../persistence/stale-entries.js';
import {
  type IndexEntry,
  indexEnd,
  indexFrom,
  keyAfter,
  parseIndexKey,
  type RecordKey,
} from '../persistence/keyspace.js';
import { type Candidate, groupsOf, questionOf } from './candidates.js';
import { PartitionClock } from '../versioning/partition-clock.js';
import { EMPTY_VECTOR, joinVectors, type VersionVector } from '../versioning/version-vector.js';
import { dueOf, dueUntil, isPastRetention, type Retention } from './due.js';
import { type BlockedReason, type OwnerState, blockedReasonOf, coveredBy } from './collectable.js';
import { PERSISTED } from './messages.js';
import { readKnown } from './read-or-damage.js';
import type { VoidNumbers } from './void-numbers.js';
import { LeftAcceptances } from './left-acceptances.js';

/** With its key in the index. */
type DueEntry = IndexEntry & { readonly entry: string };

export interface CollectionLimits {
  /** Pause between two searches for tombstones and stubs that may be removed. */
  readonly collectIntervalMilliseconds: number;
  /** Records of tombstones and stubs that are judged in one turn. */
  readonly collectBatchSize: number;
  /** Tombstones and stubs on this node beyond which the oldest do not wait for their retention. */
  readonly tombstonesMax: number;
  /** Bytes of keys in one message. */
  readonly pageBytesMax: number;
}

export interface CollectionOptions {
  readonly ownership: Ownership;
  readonly questions: Questions;
  readonly store: Store;
  readonly table: RecordTable;
  readonly clocks: PartitionClocks;
  readonly health: PartitionHealth;
  readonly endings: Endings;
  readonly acceptor: DurableAcceptor;
  /** Lets a proposer settle the key, and so all that an older ballot has left open beside it. */
  readonly settle: (at: RecordKey) => Promise<boolean>;
  /** Finds the numbers that no version bears. */
  readonly voids: Pick<VoidNumbers, 'close'>;
  readonly tombstones: RecordCount;
  readonly expiryClock: ExpiryClock;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  /** Between pages. */
  readonly pauses: Pauses;
  readonly limits: CollectionLimits;
  /** A record is kept for so long after its end in any case. */
  readonly retentionMilliseconds: () => number;
}

/** Each of `collectBatchSize` records. */
const PAGES_A_TURN = 100;

export class Collection {
  readonly #options: CollectionOptions;
  readonly #periodic: Periodic;
  /** Where the last turn stopped: what cannot go yet must not keep the rest from its turn. */
  readonly #cursors = { old: '', undated: '' };
  /** What this pass over the index could not collect, by reason; the last pass is published. */
  readonly #tally = new Map<string, number>();
  #blockedLately: ReadonlyMap<string, number> = new Map();
  readonly #left: LeftAcceptances;

  constructor(options: CollectionOptions) {
    this.#options = options;
    const { acceptor, settle } = options;
    this.#left = new LeftAcceptances({ accepted: () => acceptor.accepted(), settle });
    this.#periodic = new Periodic(options, {
      name: 'collection',
      intervalMilliseconds: options.limits.collectIntervalMilliseconds,
      task: () => this.run(),
    });
  }

  start(): void {
    this.#periodic.start();
  }

  stop(): Promise<void> {
    return this.#periodic.stop();
  }

  /** What was due and could not go in the last pass, by the reason. */
  get blocked(): { readonly reason: string; readonly count: number }[] {
    return [...this.#blockedLately].map(([reason, count]) => ({ reason, count }));
  }

  /** One turn: page after page as long as some of it goes, with rests, up to a bound. */
  async run(): Promise<void> {
    const { clock } = this.#options;
    for (let pages = 0; pages < PAGES_A_TURN; pages += 1) {
      const began = clock.monotonicMilliseconds();
      const removed = await this.#takePage();
      if (this.#cursors.old === '' || removed === 0 || this.#options.pauses.isStopped) break;
      await this.#options.pauses.rest(began);
    }
    if (this.#cursors.old === '') this.#publish();
    await this.#left.pass();
  }

  /** How many went. */
  async #takePage(): Promise<number> {
    const { limits, observer } = this.#options;
    let removed = 0;
    for (const [partition, group] of groupsOf(await this.#candidates(), limits.pageBytesMax)) {
      try {
        removed += await this.#collect(partition, group);
      } catch (error) {
        this.#blocked('owner cannot be asked', group.length);
        const reason = messageOf(error);
        observer.log('debug', 'nothing could be collected', { partition, reason });
      }
    }
    return removed;
  }

  async #candidates(): Promise<Candidate[]> {
    const { health, endings } = this.#options;
    const retention = await this.#retention();
    const { futureFromMilliseconds: future } = retention;
    const old = await this.#page('old', 0, dueUntil(retention) ?? 0);
    const undated =
      future === undefined ? [] : await this.#page('undated', future, Number.POSITIVE_INFINITY);
    const entries = [...old, ...undated];
    const ended: Promise<void>[] = [];
    const candidates = dueOf(entries, retention).flatMap(({ at, milliseconds, entry }) => {
      if (health.isRebuilding(at.partition)) return [];
      const record = readKnown(this.#options, at);
      if (record === undefined || !indexEntriesOf(at, record.siblings).has(entry)) {
        // What a lost record has left says nothing of the one that is there.
        ended.push(this.#orLater(at, () => dropIfStale(this.#options, at, entry)));
        return [];
      }
      if (isPastRetention(milliseconds, retention))
        ended.push(this.#orLater(at, () => endings.endKept(at)));
      if (record.live || health.isRebuilding(at.partition)) return [];
      const stubs = record.siblings.versions.flatMap(({ state, dot }) =>
        state === 'stub' ? [dot] : [],
      );
      return [{ at, record, stubs }];
    });
    await Promise.all(ended);
    // A damaged record may have been found after others of its partition.
    return candidates.filter(({ at }) => !health.isRebuilding(at.partition));
  }

  /** The own store may refuse it: the next pass tries again, and the candidates are judged. */
  async #orLater(at: RecordKey, end: () => Promise<unknown> | undefined): Promise<void> {
    try {
      await end();
    } catch (error) {
      this.#refused(at, error);
    }
  }

  /** One that is unreadable by now, or that the own store refuses, holds up no other. */
  async #remove({ at, record }: Candidate): Promise<boolean> {
    const { health, endings } = this.#options;
    try {
      await endReadable(health, at, () => endings.collect(at, record.fingerprint))?.committed;
      return true;
    } catch (error) {
      this.#refused(at, error);
      this.#blocked('own store refuses', 1);
      return false;
    }
  }

  #refused({ partition }: RecordKey, error: unknown): void {
    if (!(error instanceof OperatingError)) throw error;
    const reason = messageOf(error);
    this.#options.observer.log('debug', 'the own store refuses', { partition, reason });
  }

  /** Entries of records that ended in this time and were not looked at in this pass. */
  async #page(kind: 'old' | 'undated', from: number, before: number): Promise<readonly DueEntry[]> {
    const { ownership, store, limits } = this.#options;
    const end = Number.isFinite(before)
      ? indexFrom('collectable', before)
      : indexEnd('collectable');
    const start = this.#cursors[kind] === '' ? indexFrom('collectable', from) : this.#cursors[kind];
    this.#cursors[kind] = '';
    if (start >= end) return [];
    const limit = limits.collectBatchSize;
    const page = await store.range({ from: start, before: end, limit });
    const last = page.at(-1)?.[0];
    if (page.length === limit && last !== undefined) this.#cursors[kind] = keyAfter(last);
    const { partitionCount } = ownership;
    return page.map(([entry]) => ({ ...parseIndexKey(entry, partitionCount), entry }));
  }

  async #retention(): Promise<Retention> {
    const { store, tombstones, expiryClock, limits } = this.#options;
    await tombstones.countStored(store);
    const now = expiryClock.now();
    return {
      nowMilliseconds: now,
      futureFromMilliseconds: now === undefined ? undefined : futureFrom(now, expiryClock),
      retentionMilliseconds: this.#options.retentionMilliseconds(),
      tombstones: tombstones.count,
      tombstonesMax: limits.tombstonesMax,
    };
  }

  async #collect(partition: number, candidates: readonly Candidate[]): Promise<number> {
    const { clocks, ownership, questions } = this.#options;
    const stubs = candidates.map(questionOf);
    const { deadline } = questions;
    const replies = await Promise.all(
      ownership
        .othersOf(partition)
        .map((peer) => questions.ask(peer, PERSISTED, { partition, stubs }, deadline)),
    );
    const owners = replies.map(({ clock, valued }) => ({
      persisted: clock === null ? undefined : PartitionClock.from(clock),
      valued,
    }));
    let isSettling = false;
    let removed = 0;
    let unseen: VersionVector = EMPTY_VECTOR;
    const known = owners.flatMap(({ persisted }) => persisted ?? []);
    for (const [i, candidate] of candidates.entries()) {
      const { at, record } = candidate;
      const states: OwnerState[] = owners.map(({ persisted, valued }) => {
        return { persisted, holdsValue: valued[i] === true };
      });
      states.push({ persisted: clocks.persisted(partition), holdsValue: false });
      const reason = this.#openAt(at) ?? blockedReasonOf(record.siblings, states);
      if (reason === undefined) removed += (await this.#remove(candidate)) ? 1 : 0;
      else this.#blocked(reason, 1);
      if (reason === 'not seen by all') {
        const covered = coveredBy(record.siblings.context);
        unseen = joinVectors(unseen, unseenByAll(covered, [...known, clocks.of(partition)]));
      }
      // All owners have just answered. One key is enough: whoever takes over settles the others.
      if (reason !== 'proposal not settled' || isSettling) continue;
      isSettling = true;
      await this.#options.settle(at);
    }
    const [any] = candidates;
    if (any !== undefined && unseen.size > 0) await this.#options.voids.close(any.at, unseen);
    return removed;
  }

  /** A new proposer must find what this record covers beside what was proposed on it. */
  #openAt(at: RecordKey): BlockedReason | undefined {
    return this.#options.acceptor.isOpen(at) ? 'proposal not settled' : undefined;
  }

  #blocked(reason: string, by: number): void {
    this.#options.observer.count('quorate_collection_blocked_total', { reason }, by);
    this.#tally.set(reason, (this.#tally.get(reason) ?? 0) + by);
  }

  /** A pass has come to its end: how many are kept, and why those that are due. */
  #publish(): void {
    const { observer, tombstones } = this.#options;
    observer.measure('quorate_tombstones', tombstones.count);
    this.#blockedLately = new Map([...this.#tally].filter(([, count]) => count > 0));
    for (const [reason, count] of this.#tally) {
      observer.measure('quorate_tombstones_blocked', count, { reason });
      this.#tally.set(reason, 0);
    }
  }
}
