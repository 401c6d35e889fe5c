/** An owner in the small world of sessions: records, acceptances, a clock persisted lazily. */
import { type Dot, dotText } from '../../../../lib/versioning/dot.js';
import { PartitionClock } from '../../../../lib/versioning/partition-clock.js';
import type { PartitionFloor } from '../../../../lib/versioning/session-token.js';

export const KEYS = ['k1', 'k2', 'k3'] as const;
export type Key = (typeof KEYS)[number];

/** What the checker knows that a client has seen: the dots of each key, as texts. */
export type Seen = Map<Key, Set<string>>;

export interface Version {
  readonly dot: Dot;
  /** What its writer had seen, where it was causal. */
  readonly past: { readonly floor: PartitionFloor; readonly seen: Seen } | undefined;
}

export interface Record {
  /** Exact dots that are held or covered, as texts. */
  readonly context: ReadonlySet<string>;
  readonly versions: ReadonlyMap<string, Version>;
}

export interface Acceptance {
  readonly key: Key;
  readonly dot: Dot;
  readonly record: Record;
}

export const NOTHING: Record = { context: new Set(), versions: new Map() };

export function merged(a: Record, b: Record): Record {
  const versions = new Map<string, Version>();
  for (const [dot, version] of a.versions) {
    if (b.versions.has(dot) || !b.context.has(dot)) versions.set(dot, version);
  }
  for (const [dot, version] of b.versions) {
    if (a.versions.has(dot) || !a.context.has(dot)) versions.set(dot, version);
  }
  return { context: new Set([...a.context, ...b.context]), versions };
}

/** A write on this record, which it supersedes. */
export function written(base: Record, version: Version): Record {
  const dot = dotText(version.dot);
  return { context: new Set([...base.context, dot]), versions: new Map([[dot, version]]) };
}

export function copyOf(clock: PartitionClock): PartitionClock {
  return PartitionClock.from(clock.toPlain());
}

interface Disk {
  records: ReadonlyMap<Key, Record>;
  accepted: readonly Acceptance[];
  clock: PartitionClock;
}

export class Owner {
  records = new Map<Key, Record>();
  accepted: readonly Acceptance[] = [];
  clock = new PartitionClock();
  disk: Disk = { records: new Map(), accepted: [], clock: new PartitionClock() };
  /** Has the clock all that the records hold? */
  isComplete = true;
  isDown = false;
  life = 0;
  /** What waits for the next sync. */
  #waiting: (() => void)[] = [];
  #writes = 0;
  readonly #id: number;

  constructor(id: number) {
    this.#id = id;
  }

  nextDot(): Dot {
    this.#writes += 1;
    return { writer: `${this.#id}.${this.life}`, n: this.#writes };
  }

  recordOf(key: Key): Record {
    return this.records.get(key) ?? NOTHING;
  }

  take(key: Key, incoming: Record): void {
    const own = this.recordOf(key);
    const versions = new Map(
      [...incoming.versions].filter(([dot, version]) => {
        return own.versions.has(dot) || !this.clock.has(version.dot);
      }),
    );
    const record = merged(own, { context: incoming.context, versions });
    this.records.set(key, record);
    for (const { dot } of versions.values()) this.clock.add(dot);
    this.accepted = this.accepted.filter((one) => {
      return one.key !== key || !record.context.has(dotText(one.dot));
    });
  }

  accept(acceptance: Acceptance): void {
    this.accepted = [...this.accepted, acceptance];
  }

  whenSynced(then: () => void): void {
    this.#waiting.push(then);
  }

  sync(): void {
    this.disk = { ...this.disk, records: new Map(this.records), accepted: this.accepted };
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const then of waiting) then();
  }

  persist(): void {
    this.sync();
    this.disk.clock = copyOf(this.clock);
  }

  crash(): void {
    this.#begin();
    this.records = new Map(this.disk.records);
    this.accepted = this.disk.accepted;
    this.clock = copyOf(this.disk.clock);
  }

  /** The disk is empty, and all is copied from the others. */
  rebuild(others: readonly Owner[]): void {
    this.#begin();
    this.records = new Map();
    this.accepted = [];
    this.clock = new PartitionClock();
    for (const other of others) {
      other.sync();
      for (const [key, record] of other.records) this.take(key, record);
      this.accepted = [...this.accepted, ...other.accepted];
      this.clock.union(other.clock);
    }
    this.persist();
  }

  complete(): void {
    for (const { versions } of this.records.values()) {
      for (const { dot } of versions.values()) this.clock.add(dot);
    }
    this.isComplete = true;
  }

  /** Takes what the other has and this one lacks, and then its clock. */
  pull(other: Owner): void {
    other.sync();
    for (const [key, record] of other.records) {
      if ([...record.versions.values()].some(({ dot }) => !this.clock.has(dot))) {
        this.take(key, record);
      }
    }
    this.sync();
    this.clock.union(other.clock);
  }

  #begin(): void {
    this.life += 1;
    this.#writes = 0;
    this.#waiting = [];
    this.isComplete = false;
  }
}
