/** The answering side of an exchange: what a peer lacks, and the clock that stands behind it. */
import type { Ownership } from '../partitioning/ownership.js';
import type { PartitionClocks } from '../replica/partition-clocks.js';
import type { Store } from '../persistence/store.js';
import type { RecordTable } from '../persistence/record-table.js';
import type { RecentDots } from '../persistence/recent-dots.js';
import type { Identity } from '../replica/identity.js';
import type { Messenger } from '../rpc/messenger.js';
import { firstWithin } from '../encoding/cut-list.js';
import type { NodeId } from '../environment/transport.js';
import type { Pauses } from '../environment/pauses.js';
import { encode } from '../encoding/codec.js';
import { hash32 } from '../encoding/hash.js';
import { keyAfter, recordKeyOf, recordsOf } from '../persistence/keyspace.js';
import { rangeFrom } from '../persistence/each-entry.js';
import type { StoredRecord } from '../persistence/record-table.js';
import { PartitionClock, type PlainClock } from '../versioning/partition-clock.js';
import type { z } from 'zod';
import type { MerkleTrees } from './merkle-tree.js';
import type { PartitionHealth } from '../replica/health.js';
import { CLOCKS, COMPARE, PULL, ROOTS, type Rooted } from './messages.js';
import type { Scrub } from './scrub.js';

type Page = z.infer<typeof PULL.reply>;

/** Records looked at for one page, whatever their size. */
const PAGE_RECORDS_MAX = 100;
/** More missing versions than this are looked for in a scan. */
const MISSING_MAX = 1000;

/** One hash over the clocks of some partitions. */
export function hashOfClocks(clocks: PartitionClocks, partitions: readonly number[]): number {
  return hash32(encode(partitions.map((partition) => clocks.hashOf(partition))));
}

export interface ExchangeServiceOptions {
  readonly ownership: Ownership;
  readonly clocks: PartitionClocks;
  readonly health: PartitionHealth;
  readonly store: Store;
  readonly table: RecordTable;
  readonly recentDots: RecentDots;
  readonly identity: Identity;
  readonly trees: MerkleTrees;
  readonly scrub: Scrub;
  readonly pauses: Pauses;
  /** Bytes of records in one message. */
  readonly pageBytesMax: number;
}

export class ExchangeService {
  readonly #options: ExchangeServiceOptions;
  readonly #trees: MerkleTrees;
  readonly #scrub: Scrub;
  readonly #pauses: Pauses;

  constructor(options: ExchangeServiceOptions) {
    this.#options = options;
    this.#trees = options.trees;
    this.#scrub = options.scrub;
    this.#pauses = options.pauses;
  }

  /** Registers the handlers. */
  serve(messenger: Messenger): void {
    const { ownership, clocks } = this.#options;
    messenger.handle(COMPARE, (theirs, { from }) => this.#compare(from, theirs));
    messenger.handle(ROOTS, async (_, { from }) => {
      return { roots: await this.#rootsOf(ownership.sharedWith(from)) };
    });
    messenger.handle(CLOCKS, ({ partitions }, { from }) => {
      for (const partition of partitions) ownership.assertShared(partition, from);
      const all = partitions.map((partition): [number, PlainClock] => [
        partition,
        clocks.of(partition).toPlain(),
      ]);
      return { clocks: firstWithin(all, this.#options.pageBytesMax) };
    });
    messenger.handle(PULL, (request, { from }) => {
      ownership.assertShared(request.partition, from);
      return this.#pull(request);
    });
  }

  async #compare(
    peer: NodeId,
    theirs: z.infer<typeof COMPARE.request>,
  ): Promise<z.infer<typeof COMPARE.reply>> {
    const shared = this.#options.ownership.sharedWith(peer);
    const { clocks } = this.#options;
    if (hashOfClocks(clocks, shared) === theirs.clocks) {
      await this.#trees.refresh(shared, () => this.#pauses.pause(0));
      return { clocks: [], root: this.#trees.combinedRoot(shared), roots: [] };
    }
    return {
      clocks: shared.map((partition) => [partition, clocks.hashOf(partition)]),
      root: null,
      roots: await this.#rootsOf(
        shared.filter((partition) => theirs.rootsOf?.includes(partition) ?? true),
      ),
    };
  }

  async #rootsOf(partitions: readonly number[]): Promise<Rooted[]> {
    await this.#trees.refresh(partitions, () => this.#pauses.pause(0));
    return partitions.map((partition) => [
      partition,
      this.#options.clocks.hashOf(partition),
      this.#trees.rootOf(partition).subarray(0, ROOT_BYTES),
    ]);
  }

  /**
   * The first page verifies the counts, since the clock vouches for what they count, and takes the
   * clock before anything is read: what comes later is not in it. What it speaks of is synced
   * before it leaves, so that no crash between two pages can make it say too much.
   */
  async #pull({ partition, clock, from }: z.infer<typeof PULL.request>): Promise<Page> {
    const { clocks, store, identity, health } = this.#options;
    const theirs = PartitionClock.from(clock);
    let snapshot: PlainClock | null = null;
    if (from === '') {
      await this.#scrub.verify(partition);
      snapshot = clocks.of(partition).toPlain();
    }
    const generation = `${identity.start}.${clocks.generation(partition)}`;
    const about = { snapshot, generation, refilling: health.isRefilling(partition) };
    if (from === '') {
      await store.sync();
      // Who has seen nothing takes everything (a rebuild): this clock may lag behind the records
      // here, after a crash, and does not name them all.
      const named = clock.length === 0 ? undefined : this.#named(partition, theirs);
      if (named !== undefined) return { ...named, next: null, ...about };
    }
    const page = await this.#scan(partition, theirs, from);
    return { ...page, ...about };
  }

  /** By the log of recent dots; undefined where it does not name all, or they are too many. */
  #named(partition: number, theirs: PartitionClock): Pick<Page, 'records'> | undefined {
    const { clocks, ownership, recentDots, table, pageBytesMax } = this.#options;
    const missing = clocks.of(partition).missingFrom(theirs, MISSING_MAX);
    if (missing.length === MISSING_MAX) return undefined;
    const keys = new Set<string>();
    for (const dot of missing) {
      const storageKey = recentDots.storageKeyOf(dot);
      if (storageKey === undefined) return undefined;
      keys.add(storageKey);
    }
    const records: Page['records'] = [];
    let bytes = 0;
    for (const storageKey of keys) {
      const at = recordKeyOf(storageKey, ownership.partitionCount);
      const record = table.read(at);
      if (record === undefined || !hasMore(record, theirs)) continue;
      bytes += record.bytes.length;
      if (bytes > pageBytesMax && records.length > 0) return undefined;
      records.push([at.namespace, at.key, record.bytes]);
    }
    return { records };
  }

  async #scan(
    partition: number,
    theirs: PartitionClock,
    from: string,
  ): Promise<Pick<Page, 'records' | 'next'>> {
    const { ownership, store, table, pageBytesMax } = this.#options;
    const { partitionCount } = ownership;
    const range = rangeFrom(recordsOf(partition, partitionCount), from);
    const page = await store.range({ ...range, limit: PAGE_RECORDS_MAX });
    const records: Page['records'] = [];
    let bytes = 0;
    for (const [storageKey] of page) {
      const at = recordKeyOf(storageKey, partitionCount);
      const record = table.read(at);
      if (record === undefined || !hasMore(record, theirs)) continue;
      bytes += record.bytes.length;
      if (bytes > pageBytesMax && records.length > 0) return { records, next: storageKey };
      records.push([at.namespace, at.key, record.bytes]);
    }
    const last = page.at(-1)?.[0];
    const done = page.length < PAGE_RECORDS_MAX || last === undefined;
    return { records, next: done ? null : keyAfter(last) };
  }
}

/** Enough of a root to distinguish two. */
export const ROOT_BYTES = 8;

function hasMore({ siblings }: StoredRecord, theirs: PartitionClock): boolean {
  return siblings.versions.some(({ dot }) => !theirs.has(dot));
}
