/**
 * The rebuild of damaged partitions (docs/architecture.md, D2 and D5): once every other owner knows
 * of the loss everything is taken from each, and what they have all seen end is dropped.
 */
import type { PartitionHealth } from '../replica/health.js';
import type { PartitionClocks } from '../replica/partition-clocks.js';
import type { Store } from '../persistence/store.js';
import type { RecordTable } from '../persistence/record-table.js';
import type { DurableAcceptor } from '../replica/durable-acceptor.js';
import type { Endings } from '../replica/endings.js';
import type { NodeId } from '../environment/transport.js';
import { isCorrupt, messageOf } from '../errors.js';
import { keyAfter, type RecordKey, recordKeyOf, recordsOf } from '../persistence/keyspace.js';
import { decodeRecord } from '../persistence/records.js';
import { CompactDots } from '../versioning/compact-dots.js';
import type { Dot } from '../versioning/dot.js';
import type { PartitionClock } from '../versioning/partition-clock.js';
import { announce, type AnnouncementOptions, type AnnouncedLoss } from './announcement.js';
import type { Exchange } from './exchange.js';
import { DOT_STATUS } from './messages.js';
import { pullProposals } from './proposals-pull.js';
import type { Scrub } from './scrub.js';
import { isEndedElsewhere } from './dot-status.js';

/** What the other owners have sent of a partition since it was damaged. */
interface Progress extends AnnouncedLoss {
  /** Of the own clock, at the damage that this is the rebuild of. */
  readonly generation: number;
  /** Of those that are themselves under rebuild: undefined, they do not know what has ended. */
  readonly snapshots: Map<NodeId, PartitionClock | undefined>;
  /** Owners that were copied from while another one was away: it does not count, but is a copy. */
  readonly early: Set<NodeId>;
  /** Versions that another owner holds which is not under rebuild. */
  readonly received: CompactDots;
  corrected: boolean;
}

const PAGE = 500;

export interface RebuildOptions extends AnnouncementOptions {
  readonly health: PartitionHealth;
  readonly clocks: PartitionClocks;
  readonly store: Store;
  readonly table: RecordTable;
  readonly endings: Endings;
  readonly acceptor: DurableAcceptor;
  readonly exchange: Exchange;
  readonly scrub: Scrub;
}

export class Rebuild {
  readonly #options: RebuildOptions;
  readonly #exchange: Exchange;
  readonly #scrub: Scrub;
  readonly #progress = new Map<number, Progress>();

  constructor(options: RebuildOptions) {
    this.#options = options;
    this.#exchange = options.exchange;
    this.#scrub = options.scrub;
  }

  /** Goes as far with every damaged partition as the owners that are up allow. */
  async run(isStopped: () => boolean): Promise<void> {
    const { rebuilding } = this.#options.health;
    await announce(this.#options, rebuilding.map(this.#progressOf, this));
    await this.#each('corrected', [() => this.#correct(rebuilding, isStopped)]);
    const steps = rebuilding.map((partition) => async () => {
      if (!isStopped()) await this.#advance(partition);
    });
    await this.#each('rebuilt', steps);
  }

  /** A step that fails does not stop the others. */
  async #each(what: string, steps: readonly (() => Promise<void>)[]): Promise<void> {
    for (const step of steps) {
      await step().catch((error: unknown) => {
        const reason = messageOf(error);
        this.#options.observer.log('debug', `a partition could not be ${what}`, { reason });
      });
    }
  }

  /** All first, so that the entries of indexes are walked over once. */
  async #correct(rebuilding: readonly number[], isStopped: () => boolean): Promise<void> {
    const fresh: Progress[] = [];
    const steps = rebuilding.map((partition) => async () => {
      const progress = this.#progressOf(partition);
      if (progress.corrected || isStopped()) return;
      await this.#scrub.correct(partition);
      await this.#options.acceptor.dropMarks(partition);
      fresh.push(progress);
    });
    await this.#each('corrected', steps);
    await this.#scrub.dropStaleEntries(new Set(fresh.map(({ partition }) => partition)));
    for (const progress of fresh) progress.corrected = true;
  }

  async #advance(partition: number): Promise<void> {
    const { view, health } = this.#options;
    const progress = this.#progressOf(partition);
    if (!progress.corrected) return;
    const others = this.#options.ownership.othersOf(partition);
    if (progress.start === undefined || others.some((peer) => !progress.confirmed.has(peer))) {
      await this.#copyEarly(partition, progress, others);
      return;
    }
    const missing = others.filter((peer) => !progress.snapshots.has(peer) && view.isUp(peer));
    await this.#fromEach(missing, (peer) => this.#takeFrom(peer, partition, progress));
    if (others.some((peer) => !progress.snapshots.has(peer))) return;
    health.refilled(partition);
    await this.#purge(partition, progress);
    // What was lost again meanwhile may still be remembered, and then a copy of it changes nothing.
    await this.#scrub.verifyRebuilt(partition);
    if (this.#progressOf(partition) !== progress) return;
    // Refused by a full queue it is tried again, and nothing is copied a second time.
    await health.rebuilt(partition);
    if (this.#progress.get(partition) === progress) this.#progress.delete(partition);
  }

  async #takeFrom(peer: NodeId, partition: number, progress: Progress): Promise<void> {
    const received = new CompactDots();
    const note = (bytes: Uint8Array, at: RecordKey): void => {
      for (const { dot } of decodeRecord(at, bytes).versions) received.add(dot);
    };
    await pullProposals(this.#options, peer, partition);
    // An empty clock asks for everything.
    const { snapshot, isRefilling } = await this.#exchange.pull(peer, partition, [], note);
    if (!isRefilling) progress.received.addAll(received);
    progress.snapshots.set(peer, isRefilling ? undefined : snapshot);
  }

  /**
   * An owner that is away, or was asked and has not confirmed, keeps the rebuild from its end, but
   * not the data from this disk. It answers for nothing, and all is copied again once everybody
   * knows of the loss.
   */
  async #copyEarly(
    partition: number,
    { early, start }: Progress,
    others: readonly NodeId[],
  ): Promise<void> {
    const { view } = this.#options;
    // It is about to be announced.
    if (start === undefined && others.every((peer) => view.isUp(peer))) return;
    const missing = others.filter((peer) => !early.has(peer) && view.isUp(peer));
    await this.#fromEach(missing, async (peer) => {
      await this.#exchange.pull(peer, partition, []);
      early.add(peer);
    });
  }

  /** An owner that is up and refuses keeps nobody from what the others have. */
  async #fromEach(peers: readonly NodeId[], take: (peer: NodeId) => Promise<void>): Promise<void> {
    const failures: unknown[] = [];
    for (const peer of peers) await take(peer).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  /** Another damage meanwhile makes all that came before worth nothing. */
  #progressOf(partition: number): Progress {
    const generation = this.#options.clocks.generation(partition);
    const known = this.#progress.get(partition);
    if (known?.generation === generation) return known;
    const progress = {
      ...{ partition, generation, start: undefined },
      confirmed: new Set<NodeId>(),
      snapshots: new Map<NodeId, PartitionClock | undefined>(),
      early: new Set<NodeId>(),
      received: new CompactDots(),
      corrected: false,
    };
    this.#progress.set(partition, progress);
    return progress;
  }

  /**
   * While nothing was known, a late hint may have brought back what was deleted: versions that the
   * clocks of all whole owners cover, and none of them sent. They are asked about each once more,
   * then it goes (decision 0051).
   */
  async #purge(partition: number, { snapshots, received }: Progress): Promise<void> {
    const { store, endings } = this.#options;
    const whole = [...snapshots.values()].flatMap((clock) => clock ?? []);
    if (whole.length === 0) return;
    const isSuspect = (dot: Dot): boolean =>
      !received.has(dot) && whole.every((clock) => clock.has(dot));
    await store.sync();
    const { partitionCount } = this.#options.ownership;
    const all = recordsOf(partition, partitionCount);
    let from: string | undefined = all.from;
    while (from !== undefined) {
      const page = await store.range({ ...all, from, limit: PAGE });
      for (const [storageKey] of page) {
        const at = recordKeyOf(storageKey, partitionCount);
        const suspects = this.#dotsAt(at).filter(isSuspect);
        const ended = suspects.length === 0 ? [] : await this.#endedElsewhere(at, suspects);
        if (ended.length > 0) await endings.drop(at, ended).committed;
      }
      const last: string | undefined = page.at(-1)?.[0];
      from = page.length < PAGE || last === undefined ? undefined : keyAfter(last);
    }
  }

  /** A record that is damaged while its partition is rebuilt: the rebuild begins anew. */
  #dotsAt(at: RecordKey): Dot[] {
    const { table, health, observer } = this.#options;
    try {
      return (table.read(at)?.siblings.versions ?? []).map(({ dot }) => dot);
    } catch (error) {
      if (isCorrupt(error)) {
        observer.count('quorate_corrupt_records_total');
        health.damage(at.partition, 'checksum');
      }
      throw error;
    }
  }

  async #endedElsewhere(at: RecordKey, dots: readonly Dot[]): Promise<Dot[]> {
    const { questions, ownership } = this.#options;
    const { namespace, key, partition } = at;
    const { deadline } = questions;
    const reports = await Promise.all(
      ownership
        .othersOf(partition)
        .map((peer) =>
          questions.ask(peer, DOT_STATUS, { namespace, key, dots: [...dots] }, deadline),
        ),
    );
    return dots.filter((_, i) => isEndedElsewhere(i, reports));
  }
}
