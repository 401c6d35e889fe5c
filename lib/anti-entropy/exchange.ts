/**
 * An exchange with a peer (Dynamo 4.7): what have you seen that I have not? Found by comparing
 * partition clocks, and taken whole before the own clock says so (docs/architecture.md, C5).
 */
import type { Ownership } from '../partitioning/ownership.js';
import type { Questions } from './questions.js';
import type { PartitionClocks } from '../replica/partition-clocks.js';
import type { Replica } from '../replica/replica.js';
import type { PartitionHealth } from '../replica/health.js';
import type { ClusterView } from '../replication/cluster-view.js';
import type { Lag } from '../replication/lag.js';
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import type { Pauses } from '../environment/pauses.js';
import { OperatingError } from '../errors.js';
import { type RecordKey, recordKey } from '../persistence/keyspace.js';
import { PartitionClock, type PlainClock } from '../versioning/partition-clock.js';
import { hashOfClocks, ROOT_BYTES } from './exchange-service.js';
import type { MerkleTrees } from './merkle-tree.js';
import { CLOCKS, COMPARE, PULL, ROOTS, type Rooted } from './messages.js';
import { PeerSteps } from './peer-steps.js';

/** Where a peer and this node differ. */
export interface Differences {
  /** Partitions whose clocks differ. */
  readonly clocks: readonly number[];
  /** Partitions whose roots differ. */
  readonly roots: readonly number[];
}

export interface Pulled {
  readonly records: number;
  readonly bytes: number;
}

/** All that one peer has. */
export interface PulledFrom extends Pulled {
  /** Its clock, before any of it was read. */
  readonly snapshot: PartitionClock;
  /** Is it under rebuild? Then its clock does not say what it has not seen. */
  readonly isRefilling: boolean;
}

/** Clocks in one message. */
const CLOCKS_A_MESSAGE = 64;
/** Records of a page that are merged in one turn: requests wait meanwhile. */
const MERGED_AT_ONCE = 16;
/** An exchange waits so long in all while hints come, and looks again after so long. */
const HINTS_AWAITED_MILLISECONDS_MAX = 30_000;
const HINTS_PAUSE_MILLISECONDS = 250;
/** The partition is counted on the disk of the peer first, and it may be a large one. */
const PULL_TIMEOUT_MILLISECONDS = 60_000;
const NOTHING: Pulled = { records: 0, bytes: 0 };

export interface ExchangeOptions {
  readonly ownership: Ownership;
  readonly questions: Questions;
  readonly clocks: PartitionClocks;
  readonly replica: Replica;
  readonly health: PartitionHealth;
  readonly view: ClusterView;
  readonly lag: Lag;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly trees: MerkleTrees;
  readonly pauses: Pauses;
  /** What is missing must still be missing so much later: most of it is on its way. */
  readonly confirmMilliseconds: number;
}

export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #trees: MerkleTrees;
  readonly #pauses: Pauses;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#trees = options.trees;
    this.#pauses = options.pauses;
  }

  /**
   * One number and one root for all shared partitions; only where they differ, one for each.
   * @param rootsOf partitions whose roots are compared in any case; null: all
   */
  async compare(
    peer: NodeId,
    rootsOf: readonly number[] | null,
    only?: readonly number[],
  ): Promise<Differences> {
    const { questions, clocks } = this.#options;
    const shared = this.#options.ownership.sharedWith(peer);
    const wanted = new Set(only ?? shared);
    const request = { clocks: hashOfClocks(clocks, shared), rootsOf: rootsOf && [...rootsOf] };
    const theirs = await questions.ask(peer, COMPARE, request);
    const roots = theirs.root === null ? theirs.roots : await this.#rootsUnless(peer, theirs.root);
    await this.#trees.refresh(
      roots.map(([partition]) => partition),
      () => this.#pauses.pause(0),
    );
    // Meanwhile writes went on: a root says something beside the clock of the same moment only.
    const hashes = new Map(theirs.clocks);
    for (const [partition, hash] of roots) hashes.set(partition, hash);
    const isOther = ([partition, , root]: Rooted): boolean =>
      !this.#trees.rootOf(partition).subarray(0, ROOT_BYTES).equals(root);
    const within = (partition: number): boolean => wanted.has(partition);
    return {
      clocks: [...hashes]
        .filter(([partition, hash]) => hash !== clocks.hashOf(partition))
        .map(([partition]) => partition)
        .filter(within),
      roots: roots
        .filter(isOther)
        .map(([partition]) => partition)
        .filter(within),
    };
  }

  /** The roots of all shared partitions; none where this one over all of them is the own, too. */
  async #rootsUnless(peer: NodeId, root: Uint8Array): Promise<Rooted[]> {
    const shared = this.#options.ownership.sharedWith(peer);
    await this.#trees.refresh(shared, () => this.#pauses.pause(0));
    if (this.#trees.combinedRoot(shared).equals(root)) return [];
    const { roots } = await this.#options.questions.ask(peer, ROOTS, {});
    return roots;
  }

  /**
   * Takes from the peer what this node still lacks after the pause for confirmation: most of what
   * differs at one moment is on its way already.
   * @param hintsFirst does it wait while hints come?
   * @param steps one for each partition
   */
  async pullMissing(
    peer: NodeId,
    partitions: readonly number[],
    hintsFirst: boolean,
    steps: PeerSteps,
  ): Promise<Pulled> {
    const suspected = await this.#clocksOf(peer, this.#fromItsPlace(peer, partitions));
    if (suspected.every(([partition, theirs]) => this.#has(partition, theirs))) return NOTHING;
    await this.#pauses.pause(this.#options.confirmMilliseconds);
    const patience = hintsFirst ? HINTS_AWAITED_MILLISECONDS_MAX : 0;
    const until = this.#options.clock.monotonicMilliseconds() + patience;
    let records = 0;
    let bytes = 0;
    for (const [partition, theirs] of suspected) {
      await this.#whileHintsCome(until);
      if (steps.isOver) break;
      if (this.#has(partition, theirs) || this.#options.health.isRebuilding(partition)) continue;
      const own = this.#options.clocks.of(partition).toPlain();
      await steps.run(async () => {
        const pulled = await this.pull(peer, partition, own);
        records += pulled.records;
        bytes += pulled.bytes;
      });
    }
    return { records, bytes };
  }

  /** What hints bring is not pulled too: of what a node has missed, most would come twice. */
  async #whileHintsCome(until: number): Promise<void> {
    const { lag, view, clock } = this.#options;
    while (
      lag.isBehind(view.self) &&
      clock.monotonicMilliseconds() < until &&
      !this.#pauses.isStopped
    ) {
      await this.#pauses.pause(HINTS_PAUSE_MILLISECONDS);
    }
  }

  /**
   * Takes every record with a version that `clock` lacks, durably, and only then the peer's clock.
   * What the own clock was emptied for meanwhile, or the peer's, counts for nothing. A record that
   * cannot be merged does not stop those behind it; it keeps the peer's clock from being taken.
   * @param onRecord is called with each record that came
   */
  async pull(
    peer: NodeId,
    partition: number,
    clock: PlainClock,
    onRecord: (bytes: Uint8Array, at: RecordKey) => void = () => undefined,
  ): Promise<PulledFrom> {
    const { questions, replica, clocks, clock: time, observer } = this.#options;
    const generation = clocks.generation(partition);
    const steps = new PeerSteps(peer, this.#options);
    let snapshot: PlainClock | null = null;
    let theirGeneration: string | undefined;
    let isRefilling = false;
    let from = '';
    let records = 0;
    let bytes = 0;
    for (;;) {
      const began = time.monotonicMilliseconds();
      const deadline = began + PULL_TIMEOUT_MILLISECONDS;
      const page = await questions.ask(peer, PULL, { partition, clock, from }, deadline);
      theirGeneration ??= page.generation;
      snapshot ??= page.snapshot;
      isRefilling ||= page.refilling;
      if (page.generation !== theirGeneration) throw discarded(peer);
      for (let i = 0; i < page.records.length; i += MERGED_AT_ONCE) {
        const some = page.records.slice(i, i + MERGED_AT_ONCE);
        const merges = some.map(([namespace, key, record]) => {
          return steps.run(async () => {
            const at = recordKey(namespace, key, this.#options.ownership.partitionCount);
            onRecord(record, at);
            bytes += record.length;
            await replica.merge(at, record, 'sync');
          });
        });
        await Promise.all(merges);
        if (steps.isOver) steps.assertNoneFailed();
      }
      records += page.records.length;
      await this.#pauses.rest(began);
      if (page.next === null) break;
      from = page.next;
    }
    steps.assertNoneFailed();
    if (snapshot === null || clocks.generation(partition) !== generation) throw discarded(peer);
    const theirs = PartitionClock.from(snapshot);
    clocks.union(partition, theirs);
    observer.count('quorate_exchanged_records_total', {}, records);
    observer.count('quorate_exchanged_bytes_total', {}, bytes);
    return { records, bytes, snapshot: theirs, isRefilling };
  }

  /** Exchanges with several peers begin far apart: what one has taken, the others need not. */
  #fromItsPlace(peer: NodeId, partitions: readonly number[]): readonly number[] {
    const { nodes, self } = this.#options.ownership;
    const others = nodes.filter((node) => node !== self);
    const place = others.indexOf(peer);
    const start = Math.floor((Math.max(0, place) / others.length) * partitions.length);
    return [...partitions.slice(start), ...partitions.slice(0, start)];
  }

  #has(partition: number, theirs: PartitionClock): boolean {
    return this.#options.clocks.of(partition).includes(theirs);
  }

  async #clocksOf(
    peer: NodeId,
    partitions: readonly number[],
  ): Promise<[number, PartitionClock][]> {
    const all: [number, PartitionClock][] = [];
    while (all.length < partitions.length) {
      const some = partitions.slice(all.length, all.length + CLOCKS_A_MESSAGE);
      const { clocks } = await this.#options.questions.ask(peer, CLOCKS, { partitions: some });
      if (clocks.length === 0)
        throw new OperatingError('corrupt_bytes', 'a page is empty, and not the last');
      for (const [partition, plain] of clocks) all.push([partition, PartitionClock.from(plain)]);
    }
    return all;
  }
}

function discarded(peer: NodeId): OperatingError {
  return new OperatingError('not_ready', `an exchange with ${peer} was overtaken by damage`);
}
