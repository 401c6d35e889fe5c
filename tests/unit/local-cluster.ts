/** Whole nodes in one process: real code, links in memory, disks that crash, time by hand. */
import type { Clock } from '../../lib/environment/clock.js';
import type { NodeId } from '../../lib/environment/transport.js';
import type {
  GetAnswer,
  GetRequest,
  PutAnswer,
  PutRequest,
} from '../../lib/coordination/request/request.js';
import { createNode, type QuorateNode } from '../../lib/node.js';
import type { NodeLimits, NodeOptions } from '../../lib/node-options.js';
import { LocalNetwork } from './local-network.js';
import { CountingObserver, HeldStorage, ManualClock, SeededRandom, turn } from './fakes.js';

const LIMITS: NodeLimits = {
  timeoutDefaultMilliseconds: 5_000,
  timeoutMaxMilliseconds: 60_000,
  keyBytesMax: 1_024,
  valueBytesMax: 100_000,
  contextBytesMax: 8_192,
  recordBytesMax: 1_000_000,
  hedgeDelayMilliseconds: 50,
  peerRequestsMax: 1_000,
  heartbeatIntervalMilliseconds: 500,
  heartbeatsMissedSuspect: 3,
  heartbeatsMissedDead: 6,
  clockSkewMaxMilliseconds: 5_000,
  reapIntervalMilliseconds: 1_000,
  reapKeysMax: 100,
  storageQueueBytesMax: 10_000_000,
  storageReserveBytes: 1_000_000,
  recordCacheBytesMax: 1_000_000,
  clockPersistIntervalMilliseconds: 1_000,
  hintsBytesMax: 1_000_000,
  hintsTargetBytesMax: 1_000_000,
  hintAgeMaxMilliseconds: 10_800_000,
  hintBatchSize: 8,
  hintBatchBytesMax: 100_000,
  hintsPerSecondMax: 10_000,
  hintRetryIntervalMilliseconds: 1_000,
  backgroundConcurrency: 16,
  recentDotsMax: 1_000,
  mintedKeysMax: 10_000,
  digestLogEntriesMax: 100,
  exchangeIntervalMilliseconds: 5_000,
  confirmMilliseconds: 500,
  treeComparisonIntervalMilliseconds: 10_000,
  scrubPeriodMilliseconds: 600_000,
  collectIntervalMilliseconds: 10_000,
  collectBatchSize: 100,
  tombstonesMax: 1_000,
  pageBytesMax: 100_000,
  operationRetentionMilliseconds: 86_400_000,
  customTimeMaxMilliseconds: 50,
  auditBytesMax: 100_000,
  auditRetentionMilliseconds: 600_000,
  versionsBytesMax: 100_000,
};

export interface ClusterOptions {
  readonly nodes?: number;
  readonly replicas?: number;
  readonly zones?: readonly string[];
  readonly limits?: Partial<NodeLimits>;
}

export class LocalCluster {
  readonly clock = new ManualClock();
  readonly network = new LocalNetwork(this.clock);
  readonly ids: readonly NodeId[];
  readonly nodes = new Map<NodeId, QuorateNode>();
  readonly disks = new Map<NodeId, HeldStorage>();
  readonly observers = new Map<NodeId, CountingObserver>();
  /** By how much the wall clock of a node is wrong, in milliseconds. */
  readonly skews = new Map<NodeId, number>();
  readonly #options: ClusterOptions;
  #lives = 0;

  constructor(options: ClusterOptions = {}) {
    this.#options = options;
    this.ids = Array.from({ length: options.nodes ?? 3 }, (_, i) => `n${i + 1}`);
  }

  /** A founded cluster. */
  static async of(options: ClusterOptions = {}): Promise<LocalCluster> {
    const cluster = new LocalCluster(options);
    for (const id of cluster.ids) await cluster.start(id);
    await cluster.wait(Promise.all([...cluster.nodes.values()].map((node) => node.ready())));
    return cluster;
  }

  async start(id: NodeId, changes: Partial<NodeOptions> = {}): Promise<QuorateNode> {
    const { network, clock } = this;
    this.#lives += 1;
    const storage = this.disks.get(id) ?? new HeldStorage();
    const observer = new CountingObserver();
    this.disks.set(id, storage);
    this.observers.set(id, observer);
    const random = new SeededRandom(this.#lives);
    const skewed: Clock = {
      wallMilliseconds: () => clock.wallMilliseconds() + (this.skews.get(id) ?? 0),
      monotonicMilliseconds: () => clock.monotonicMilliseconds(),
      after: (delay, callback) => clock.after(delay, callback),
    };
    const transport = network.attach(id);
    const environment = { clock: skewed, random, storage, transport, observer };
    const node = await createNode(environment, { ...this.optionsOf(id), ...changes });
    this.nodes.set(id, node);
    return node;
  }

  optionsOf(id: NodeId): NodeOptions {
    const { zones = ['z'], replicas = 3, limits = {} } = this.#options;
    return {
      id,
      version: 'test',
      cluster: 'local',
      partitionCount: 16,
      replicaCount: replicas,
      founders: this.ids.map((id, i) => ({
        id,
        address: `${id}:1`,
        zone: zones[i % zones.length] ?? 'z',
        weight: 1,
      })),
      secret: Buffer.alloc(32, 1),
      consistency: {
        default_level: 'quorum',
        default_write_level: 'quorum',
        read_repair_probability: 0,
        blind_writes: 'overwrite',
        tombstone_retention_s: 86_400,
        conflict_resolution: 'siblings',
        versions_kept: 0,
        versions_kept_for_s: 0,
        rate_limit_max: 0,
        rate_limit_window: '1s',
      },
      limits: { ...LIMITS, ...limits },
    };
  }

  /** Power off: the disk keeps what was synced. `start` brings the node back. */
  async crash(id: NodeId): Promise<void> {
    const disk = this.disks.get(id);
    this.network.detach(id);
    this.nodes.delete(id);
    if (disk === undefined) return;
    this.disks.set(id, await disk.afterCrash());
    await disk.close();
  }

  /** The disk of a node as a crash now would leave it, for another day. */
  async copyOfDisk(id: NodeId): Promise<HeldStorage> {
    return (await this.disks.get(id)?.afterCrash()) ?? new HeldStorage();
  }

  /** Flips a bit of what the disk of a node holds under the key. */
  async spoil(id: NodeId, key: string): Promise<void> {
    const disk = this.disks.get(id);
    const value = disk?.get(key);
    if (disk === undefined || value === undefined) throw new Error(`${id} holds no ${key}`);
    value[value.length - 1] = (value.at(-1) ?? 0) ^ 1;
    await disk.write([{ type: 'put', key, value }], { sync: true });
  }

  /** What was not synced is still there for the next start. */
  async stopCleanly(id: NodeId): Promise<void> {
    await this.wait(this.node(id).stop());
    await this.crash(id);
  }

  async restart(id: NodeId): Promise<void> {
    const node = await this.start(id);
    await this.wait(node.ready());
  }

  /** Lets time pass until the promise settles, at most a minute of it. */
  async wait<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    for (let step = 0; step < 6_000 && !settled; step += 1) {
      for (let i = 0; i < 4 && !settled; i += 1) await turn();
      if (!settled) await this.clock.advance(10);
    }
    if (!settled) throw new Error('nothing came of it within a minute');
    return promise;
  }

  node(id: NodeId): QuorateNode {
    const node = this.nodes.get(id);
    if (node === undefined) throw new Error(`${id} does not run`);
    return node;
  }

  async put(
    id: NodeId,
    key: string,
    text: string,
    fields: Partial<PutRequest> = {},
  ): Promise<PutAnswer> {
    const change = {
      state: 'value',
      contentType: 'text/plain',
      value: Buffer.from(text),
      ttlSeconds: undefined,
    } as const;
    const plain = { context: undefined, durability: 'sync' } as const;
    const request = { ...addressOf(key), ...plain, change, ...fields };
    const answer = this.node(id).coordination.put(request);
    return this.wait(Promise.resolve(answer));
  }

  async get(id: NodeId, key: string, fields: Partial<GetRequest> = {}): Promise<GetAnswer> {
    const answer = this.node(id).coordination.get({ ...addressOf(key), ...fields });
    return this.wait(Promise.resolve(answer));
  }

  /** A put that ends. */
  putFor(
    id: NodeId,
    key: string,
    ttlSeconds: number | 'keep',
    fields: Partial<PutRequest> = {},
  ): Promise<PutAnswer> {
    const value = Buffer.from(`for ${ttlSeconds}`);
    const change = { state: 'value', contentType: 'text/plain', value, ttlSeconds } as const;
    return this.put(id, key, '', { change, ...fields });
  }

  /** The values that a get shows, sorted. */
  async texts(id: NodeId, key: string, fields: Partial<GetRequest> = {}): Promise<string[]> {
    const { siblings } = await this.get(id, key, fields);
    return siblings.map(({ value }) => Buffer.from(value).toString()).sort();
  }

  /** A key that these nodes own, in any order; or that they do not. */
  keyOwnedBy(owners: readonly NodeId[], owned = true): string {
    const [any] = this.nodes.values();
    for (let i = 0; i < 10_000; i += 1) {
      const located = any?.cluster.locate('default', `k${i}`).primaries.map(({ node }) => node);
      if (owners.every((owner) => located?.includes(owner) === owned)) return `k${i}`;
    }
    throw new Error('no such key');
  }

  async stop(): Promise<void> {
    for (const node of this.nodes.values()) await this.wait(node.stop());
  }
}

function addressOf(key: string): GetRequest {
  const none = { level: undefined, fallbacks: [], timeoutMilliseconds: undefined };
  return { namespace: 'default', key, ...none };
}
