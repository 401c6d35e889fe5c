/**
 * Takes the copies that came together: all are read, then decided (incoming.ts), then applied in
 * one transaction in which nothing throws (docs/architecture.md, W5). One copy is a group of one.
 */
import type { Observer } from '../environment/observer.js';
import { assert, isCorrupt, OperatingError } from '../errors.js';
import type { RecordTable, StoredRecord } from '../persistence/record-table.js';
import type { RecordKey } from '../persistence/keyspace.js';
import { decodeRecord } from '../persistence/records.js';
import type { Durability, Store, Urgency } from '../persistence/store.js';
import type { Transaction } from '../persistence/transaction.js';
import { type Dot, dotText } from '../versioning/dot.js';
import type { PartitionClock } from '../versioning/partition-clock.js';
import { find, type Siblings } from '../versioning/siblings.js';
import { type BlindReport, isUsual, reportOn } from './blind-report.js';
import type { CollectedDots } from './collected-dots.js';
import { GroupAnswers, type Settle, type TakenCopy } from './group-answers.js';
import type { PartitionHealth } from './health.js';
import type { Arrival, Decision, StoredState, Taken } from './incoming.js';
import { decide } from './incoming.js';
import type { OpenBlindWrites } from './open-blind-writes.js';
import type { PartitionClocks } from './partition-clocks.js';

/** A whole state from elsewhere, as it is stored, and how durable it is to be. */
export interface ArrivedCopy {
  readonly at: RecordKey;
  readonly bytes: Uint8Array;
  /** The same, where it is known already; else the bytes are decoded. */
  readonly siblings?: Siblings;
  readonly durability: Durability;
  /** Of a blind write: its dot. A report comes with what becomes of the copy (W7). */
  readonly blind?: Dot | undefined;
}

/** What the other owners say of versions that were seen here and are not held here any more. */
export type FilterVerdict = 'dropped' | 'damaged';

export interface GroupApplyOptions {
  readonly store: Store;
  readonly table: RecordTable;
  readonly clocks: PartitionClocks;
  readonly health: PartitionHealth;
  readonly collected: CollectedDots;
  readonly openBlindWrites: OpenBlindWrites;
  readonly observer: Observer;
  /** @throws OperatingError `rebuilding`: also where this look finds the record damaged */
  readonly read: (at: RecordKey) => StoredRecord | undefined;
  /** Rejects where they cannot be asked. */
  readonly askOwners: (at: RecordKey, dots: readonly Dot[]) => Promise<FilterVerdict>;
}

/** One copy of a group, and all that it is decided on. */
interface Member extends Arrival {
  readonly place: number;
  readonly copy: ArrivedCopy;
  /** How often the other owners were asked. */
  readonly questions: number;
  readonly own: StoredRecord | undefined;
  clock: PartitionClock;
  isRefilling: boolean;
}

/** As durable as its strongest copy asks. */
interface Committing {
  readonly rank: number;
  readonly committed: Promise<void>;
}

/** So often a merge asks the other owners before it is put off. */
const QUESTIONS_MAX = 3;
const NOTHING_DROPPED: ReadonlySet<string> = new Set();
const DURABILITIES: readonly Durability[] = ['memory', 'os', 'sync'];

export class GroupApply {
  readonly #options: GroupApplyOptions;

  constructor(options: GroupApplyOptions) {
    this.#options = options;
  }

  /**
   * Takes each copy, puts it off, or refuses it: for itself, never for its neighbours. Twice
   * changes nothing. What is refused is answered at once, what is taken when it is as durable
   * as asked.
   * Refusals: `corrupt_bytes`, `unknown_format`, `overloaded`, `read_only`, `storage_failed`,
   * `not_ready` (the owners cannot be asked), `rebuilding`.
   * @param vouches is a copy that is taken under rebuild refused as `rebuilding`?
   */
  apply(copies: readonly ArrivedCopy[], vouches: boolean, settle: Settle): void {
    const { health } = this.#options;
    const answers = new GroupAnswers(health, vouches, copies.length, settle);
    const members: Member[] = [];
    for (const [place, copy] of copies.entries()) {
      try {
        members.push(this.#read(place, copy, NOTHING_DROPPED, 0));
      } catch (error) {
        answers.refuse(place, error as Error);
      }
    }
    this.#run(members, answers);
  }

  /** @throws what makes one copy fail, and no other for it */
  #read(place: number, copy: ArrivedCopy, dropped: ReadonlySet<string>, questions: number): Member {
    const { clocks, collected } = this.#options;
    const { at, bytes } = copy;
    const incoming = { siblings: this.#decode(copy), bytes };
    const own = this.#readOwn(at);
    const clock = clocks.of(at.partition);
    // Known once all are read.
    const isRefilling = false;
    return { at, incoming, own, clock, isRefilling, collected, dropped, place, copy, questions };
  }

  #run(members: readonly Member[], answers: GroupAnswers): void {
    const { clocks, health, store } = this.#options;
    // A record that was found damaged by now counts for all of its partition.
    for (const member of members) {
      const { partition } = member.at;
      member.clock = clocks.of(partition);
      member.isRefilling = health.isRefilling(partition);
    }
    const decisions = decide(members, store.room);
    const transaction = this.#transact(members, decisions);
    for (const [i, decision] of decisions.entries()) {
      const member = memberAt(members, i);
      if (decision.do === 'ask') this.#ask(member, decision.dots, answers);
      if (decision.do === 'refuse') answers.refuse(member.place, decision.error);
    }
    this.#answerTaken(members, decisions, transaction, answers);
  }

  /** All that is stored, in one transaction; undefined where nothing is. */
  #transact(members: readonly Member[], decisions: readonly Decision[]): Committing | undefined {
    const { store } = this.#options;
    let rank = -1;
    let urgency: Urgency = 'shrinking';
    for (const [i, decision] of decisions.entries()) {
      if (decision.do !== 'store') continue;
      rank = Math.max(rank, DURABILITIES.indexOf(memberAt(members, i).copy.durability));
      if (!decision.shrinks) urgency = 'ordinary';
    }
    const durability = DURABILITIES[rank];
    if (durability === undefined) {
      this.#change(members, decisions, undefined);
      return undefined;
    }
    const { committed } = store.transact(
      (changes) => this.#change(members, decisions, changes),
      durability,
      urgency,
    );
    return { rank, committed };
  }

  /** Nothing throws: what memory knows from here on will be stored. */
  #change(
    members: readonly Member[],
    decisions: readonly Decision[],
    transaction: Transaction | undefined,
  ): void {
    const { table, clocks } = this.#options;
    const records: (StoredRecord | undefined)[] = [];
    for (const [i, decision] of decisions.entries()) {
      const { at, own } = memberAt(members, i);
      let record = decision.after < 0 ? own : records[decision.after];
      if (decision.do === 'store') {
        const { siblings, bytes } = decision.held;
        assert(transaction !== undefined, 'what is stored is stored in the transaction');
        record = table.put(transaction, at, record, siblings, bytes);
      }
      records.push(record);
      if (decision.do !== 'store' && decision.do !== 'keep') continue;
      this.#count(decision);
      if (record !== undefined) clocks.note(at.partition, record.siblings.context, decision.dots);
    }
  }

  #count({ superseded, collected }: Pick<Taken, 'superseded' | 'collected'>): void {
    const { observer } = this.#options;
    if (superseded > 0) {
      observer.count('quorate_filter_total', { reason: 'superseded' }, superseded);
    }
    if (collected > 0) observer.count('quorate_filter_total', { reason: 'collected' }, collected);
  }

  /** Most of a group waits for the disk together. */
  #answerTaken(
    members: readonly Member[],
    decisions: readonly Decision[],
    transaction: Committing | undefined,
    answers: GroupAnswers,
  ): void {
    const now: TakenCopy[] = [];
    const together: TakenCopy[] = [];
    for (const [i, decision] of decisions.entries()) {
      if (decision.do !== 'store' && decision.do !== 'keep') continue;
      const { place, copy, incoming } = memberAt(members, i);
      const report = this.#reportOf(copy, incoming, decision.held?.siblings);
      const { fate } = decision;
      const taken = { place, at: copy.at, fate, report, error: undefined };
      if (copy.durability === 'memory') now.push(taken);
      else if (transaction !== undefined && transaction.rank >= rankOf(copy)) together.push(taken);
      else {
        // It was there already, and is written with others.
        const wait = this.#whenDurable(copy);
        if (wait === undefined) now.push(taken);
        else answers.takenWhen(wait, [taken]);
      }
    }
    if (transaction !== undefined) answers.takenWhen(transaction.committed, together);
    answers.taken(now);
  }

  /** In the step of the merge: what comes later may be of what was answered since. */
  #reportOf(
    { at, blind }: ArrivedCopy,
    incoming: StoredState,
    held: Siblings | undefined,
  ): BlindReport | undefined {
    if (blind === undefined) return undefined;
    const stamp = find(incoming.siblings, blind)?.writtenAt ?? 0;
    const open = this.#options.openBlindWrites.isAnyAbove(at, { dot: blind, stamp });
    const report = reportOn(held, blind, open);
    return isUsual(report) ? undefined : report;
  }

  #whenDurable({ at, durability }: ArrivedCopy): Promise<void> | undefined {
    try {
      return this.#options.store.whenDurable(at.storageKey, durability);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** It goes on by itself, as a group of one, when the owners have said what became of the dots. */
  #ask(member: Member, dots: readonly Dot[], answers: GroupAnswers): void {
    this.#askAndRun(member, dots, answers).catch((error: Error) => {
      answers.refuse(member.place, error);
    });
  }

  async #askAndRun(member: Member, unaccounted: readonly Dot[], answers: GroupAnswers) {
    const { place, copy, questions, at } = member;
    if (questions === QUESTIONS_MAX) {
      throw new OperatingError('not_ready', 'what became of a version cannot be found out now');
    }
    const { askOwners, clocks, health, observer } = this.#options;
    const generation = clocks.generation(at.partition);
    const verdict = await askOwners(at, unaccounted);
    observer.count('quorate_filter_total', { reason: verdict });
    // It is of before a loss otherwise, and the rebuild after that may be over.
    const isOfNow = clocks.generation(at.partition) === generation;
    if (isOfNow && verdict === 'damaged') health.damage(at.partition, 'held elsewhere');
    const gone = isOfNow && verdict === 'dropped' ? unaccounted.map(dotText) : [];
    const dropped = new Set([...member.dropped, ...gone]);
    this.#run([this.#read(place, copy, dropped, questions + 1)], answers);
  }

  #decode({ at, bytes, siblings }: ArrivedCopy): Siblings {
    try {
      return siblings ?? decodeRecord(at, bytes);
    } catch (error) {
      if (isCorrupt(error)) this.#options.observer.count('quorate_corrupt_records_total');
      throw error;
    }
  }

  /**
   * A damaged record is replaced by what comes; the partition is under rebuild then. One of an
   * unknown format is not: the copy is refused.
   */
  #readOwn(at: RecordKey): StoredRecord | undefined {
    const { health, table, read } = this.#options;
    if (!health.isRebuilding(at.partition)) {
      try {
        return read(at);
      } catch (error) {
        if (!health.isRebuilding(at.partition)) throw error;
      }
    }
    try {
      return table.read(at);
    } catch (error) {
      if (isCorrupt(error)) return undefined;
      throw error;
    }
  }
}

function memberAt(members: readonly Member[], place: number): Member {
  const member = members[place];
  assert(member !== undefined, 'each copy has its decision');
  return member;
}

function rankOf({ durability }: ArrivedCopy): number {
  return DURABILITIES.indexOf(durability);
}
