/**
 * Anti-entropy: replicas converge without any read (Dynamo 4.7). When a link opens and from time
 * to time a node compares itself with a peer, takes what it lacks, and compares the trees.
 */
import type { Ownership } from '../partitioning/ownership.js';
import type { ClusterView } from '../replication/cluster-view.js';
import type { PartitionHealth } from '../replica/health.js';
import type { RecordCount } from '../persistence/record-count.js';
import type { Clock } from '../environment/clock.js';
import type { Random } from '../environment/random.js';
import type { Observer } from '../environment/observer.js';
import type { Pauses } from '../environment/pauses.js';
import { byDeadline } from '../environment/by-deadline.js';
import { Periodic } from '../environment/periodic.js';
import type { NodeId } from '../environment/transport.js';
import { messageOf } from '../errors.js';
import { type Difference, reportDifferences, type TreeComparison } from './tree-comparison.js';
import { TreeComparisonSchedule } from './tree-comparison-schedule.js';
import type { Collection, CollectionLimits } from './collection.js';
import type { LastExchange, NodeConvergence } from './convergence.js';
import type { Differences, Exchange } from './exchange.js';
import { exchangeLate, PeerSteps } from './peer-steps.js';
import type { Rebuild } from './rebuild.js';
import type { Scrub } from './scrub.js';

/** What one exchange with a peer has come to. */
export interface ExchangeReport {
  readonly peer: NodeId;
  readonly alike: boolean;
  /** Records and bytes taken from the peer. */
  readonly records: number;
  readonly bytes: number;
  /** Keys that differed twice although nothing was missing. */
  readonly differences: readonly Difference[];
}

export interface AntiEntropyLimits extends CollectionLimits {
  /** Pause between two exchanges, each with the next peer. */
  readonly exchangeIntervalMilliseconds: number;
  /** What is missing must still be missing so much later: most of it is on its way. */
  readonly confirmMilliseconds: number;
  /** Pause between two comparisons of trees with the same peer, whatever the clocks say. */
  readonly treeComparisonIntervalMilliseconds: number;
  /** In this time every partition is counted on the disk once. */
  readonly scrubPeriodMilliseconds: number;
  /** Bytes of records in one message. */
  readonly pageBytesMax: number;
}

export interface AntiEntropyOptions {
  readonly ownership: Ownership;
  readonly view: ClusterView;
  readonly health: PartitionHealth;
  readonly tombstones: RecordCount;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly pauses: Pauses;
  readonly exchange: Exchange;
  readonly treeComparison: TreeComparison;
  readonly scrub: Scrub;
  readonly rebuild: Rebuild;
  readonly collection: Collection;
  readonly limits: AntiEntropyLimits;
}

/** Damage comes in groups: a rebuild must not begin before the last of them. */
const REBUILD_DELAY_MILLISECONDS = 10;

export class AntiEntropy {
  readonly #options: AntiEntropyOptions;
  readonly #pauses: Pauses;
  readonly #exchange: Exchange;
  readonly #treeComparison: TreeComparison;
  readonly #rebuild: Rebuild;
  readonly #scrub: Scrub;
  readonly #collection: Collection;
  readonly #periodic: readonly Periodic[];
  readonly #running = new Map<NodeId, Promise<ExchangeReport>>();
  readonly #last = new Map<NodeId, LastExchange>();
  readonly #schedule: TreeComparisonSchedule;
  #rebuilding: Promise<void> | undefined;
  #nextPeer = 0;
  #nextScrub = 0;

  constructor(options: AntiEntropyOptions) {
    this.#options = options;
    const { limits } = options;
    this.#pauses = options.pauses;
    this.#scrub = options.scrub;
    this.#exchange = options.exchange;
    this.#treeComparison = options.treeComparison;
    this.#rebuild = options.rebuild;
    this.#collection = options.collection;
    this.#schedule = new TreeComparisonSchedule(
      options.clock,
      limits.treeComparisonIntervalMilliseconds,
    );
    const every = (name: string, intervalMilliseconds: number, task: () => Promise<void>) =>
      new Periodic(options, { name, intervalMilliseconds, task });
    this.#periodic = [
      every('exchange', limits.exchangeIntervalMilliseconds, () => this.#next()),
      every('scrub', this.#scrubInterval(), () => this.#scrubNext()),
    ];
  }

  start(): void {
    for (const periodic of this.#periodic) periodic.start();
    this.#collection.start();
    this.rebuildSoon();
  }

  /** Ends pauses at once; what waits for an answer ends when the messenger stops. */
  async stop(): Promise<void> {
    this.#pauses.stop();
    await Promise.all(this.#periodic.map((periodic) => periodic.stop()));
    await this.#collection.stop();
    await Promise.allSettled(this.#running.values());
    await this.#rebuilding;
  }

  /** A peer is there again: what both have missed is found out now. */
  peerConnected(peer: NodeId): void {
    this.rebuildSoon();
    this.exchangeWith(peer).catch((error: unknown) => this.#failed(peer, error));
  }

  /**
   * One exchange with a peer at a time; a second call joins the one under way.
   * @param only undefined: all partitions that both own
   * @param until on the monotonic clock: no step is begun after it
   */
  exchangeWith(peer: NodeId, only?: readonly number[], until?: number): Promise<ExchangeReport> {
    const running = this.#running.get(peer);
    if (running !== undefined) return running;
    const exchange = this.#exchangeWith(peer, only, until).finally(() =>
      this.#running.delete(peer),
    );
    this.#running.set(peer, exchange);
    return exchange;
  }

  /**
   * The same with all trees, and not one that began before.
   * @param deadline on the monotonic clock; nothing is begun after it
   */
  async compareTreesWith(
    peer: NodeId,
    only: readonly number[],
    deadline: number,
  ): Promise<ExchangeReport> {
    const { clock } = this.#options;
    for (let running = this.#running.get(peer); running !== undefined; ) {
      await byDeadline(
        clock,
        running.catch(() => undefined),
        deadline,
        exchangeLate,
      );
      running = this.#running.get(peer);
    }
    this.compareTreesSoon(peer);
    return this.exchangeWith(peer, only, deadline);
  }

  /** What differs from a peer in these partitions, found by the trees; nothing is changed. */
  async differencesFrom(
    peer: NodeId,
    partitions: readonly number[],
    deadline: number,
  ): Promise<Difference[]> {
    const steps = new PeerSteps(peer, this.#options, deadline);
    const differences = await this.#treeComparison.differences(peer, partitions, steps);
    steps.assertNoneFailed();
    return differences;
  }

  /** What this node knows of how far everything is everywhere. */
  report(): NodeConvergence {
    const { ownership, view, health, tombstones } = this.#options;
    return {
      node: view.self,
      exchanges: [...this.#last.values()].sort((a, b) => (a.peer < b.peer ? -1 : 1)),
      rebuilding: health.rebuilding,
      scrubbed: this.#scrub.counted,
      owned: ownership.own.length,
      tombstones: tombstones.count,
      blocked: this.#collection.blocked,
    };
  }

  /** At the next exchange all trees are compared. */
  compareTreesSoon(peer: NodeId): void {
    this.#schedule.owe(peer);
  }

  /** On the monotonic clock, since when a peer may lack what no hint brings it any more. */
  owesSince(peer: NodeId): number | undefined {
    return this.#schedule.owedSince(peer);
  }

  async #exchangeWith(
    peer: NodeId,
    only?: readonly number[],
    deadline?: number,
  ): Promise<ExchangeReport> {
    const { observer } = this.#options;
    const shared = this.#options.ownership.sharedWith(peer);
    const { partitions, done } = this.#schedule.next(peer, shared);
    const found = await this.#exchange.compare(peer, partitions, only);
    const alike = found.clocks.length === 0 && found.roots.length === 0;
    observer.count('quorate_exchanges_total', { result: alike ? 'alike' : 'different' });
    if (alike) {
      done();
      this.#note(peer, 'alike', 0);
      return { peer, alike, records: 0, bytes: 0, differences: [] };
    }
    // Who asked for certain partitions is waiting.
    const hintsFirst = only === undefined;
    const steps = new PeerSteps(peer, this.#options, deadline);
    const pulled = await this.#exchange.pullMissing(peer, found.clocks, hintsFirst, steps);
    const differences = await this.#compareTrees(peer, found, steps);
    steps.assertNoneFailed();
    if (!steps.isOver) done();
    const { records, bytes } = pulled;
    this.#note(peer, 'different', records);
    return { peer, alike, records, bytes, differences };
  }

  async #compareTrees(peer: NodeId, found: Differences, steps: PeerSteps): Promise<Difference[]> {
    const { clocks, roots } = found;
    const agreeing = new Set(roots.filter((partition) => !clocks.includes(partition)));
    const differences = await this.#treeComparison.differences(peer, roots, steps);
    const lagging = differences.filter(({ at }) => !agreeing.has(at.partition));
    const strange = differences.filter(({ at }) => agreeing.has(at.partition));
    await this.#treeComparison.repair(peer, lagging, steps);
    const expired = await this.#treeComparison.repair(peer, strange, steps);
    const counts = { lagging: lagging.length, expired, strange: strange.length - expired };
    reportDifferences(this.#options.observer, peer, counts);
    return differences;
  }

  async #next(): Promise<void> {
    this.rebuildSoon();
    const peers = this.#peers();
    const peer = peers[this.#nextPeer % Math.max(1, peers.length)];
    this.#nextPeer += 1;
    if (peer === undefined) return;
    await this.exchangeWith(peer).catch((error: unknown) => this.#failed(peer, error));
  }

  #peers(): NodeId[] {
    const { ownership, view } = this.#options;
    return ownership.nodes.filter((id) => id !== view.self && view.isUp(id));
  }

  async #scrubNext(): Promise<void> {
    const { ownership } = this.#options;
    const owned = ownership.own;
    const partition = owned[this.#nextScrub % Math.max(1, owned.length)];
    this.#nextScrub += 1;
    if (partition !== undefined) await this.#scrub.verify(partition);
  }

  #scrubInterval(): number {
    const { ownership, limits } = this.#options;
    const owned = ownership.own.length;
    return limits.scrubPeriodMilliseconds / Math.max(1, owned);
  }

  /** One rebuild at a time, over all partitions; what is damaged meanwhile is taken in the next. */
  rebuildSoon(): void {
    if (this.#rebuilding !== undefined || this.#pauses.isStopped) return;
    if (this.#options.health.rebuilding.length === 0) return;
    this.#rebuilding = this.#pauses
      .pause(REBUILD_DELAY_MILLISECONDS)
      .then(() => this.#rebuild.run(() => this.#pauses.isStopped))
      .catch((error: unknown) => {
        this.#options.observer.count('quorate_background_failures_total', { task: 'rebuild' });
        this.#options.observer.log('warn', 'a rebuild failed', { reason: messageOf(error) });
      })
      .finally(() => {
        this.#rebuilding = undefined;
      });
  }

  #note(peer: NodeId, result: LastExchange['result'], records: number): void {
    const { clock, observer } = this.#options;
    const at = clock.wallMilliseconds();
    this.#last.set(peer, { peer, at, result, records });
    if (result === 'failed') return;
    observer.measure('quorate_last_exchange_timestamp_seconds', at / 1000, { peer });
  }

  #failed(peer: NodeId, error: unknown): void {
    this.#note(peer, 'failed', 0);
    this.#options.observer.count('quorate_exchanges_total', { result: 'failed' });
    this.#options.observer.log('debug', 'an exchange failed', { peer, reason: messageOf(error) });
  }
}
