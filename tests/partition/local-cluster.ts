/** Real nodes in one process, on loopback sockets that can be cut, for the partition scenarios. */
import { nodeOptionsOf } from '../../bin/node/node-options.js';
import { loadSettings } from '../../config/load-settings.js';
import type { GetAnswer, PutAnswer, PutRequest } from '../../lib/coordination/request/request.js';
import { OperatingError } from '../../lib/errors.js';
import type { Storage } from '../../lib/environment/storage.js';
import type { Transport } from '../../lib/environment/transport.js';
import type { ConsistencySettings } from '../../lib/membership/settings-types.js';
import type { NodeLimits } from '../../lib/node-options.js';
import { createNode, type QuorateNode } from '../../lib/node.js';
import { type RecordKey, recordKey } from '../../lib/persistence/keyspace.js';
import { MemoryStorage } from '../../lib/platform/memory-storage.js';
import type { PeerSocketsOptions } from '../../lib/platform/peer-sockets.js';
import { SystemClock } from '../../lib/platform/system-clock.js';
import { SystemRandom } from '../../lib/platform/system-random.js';
import { HOST, SocketNetwork } from '../conformance/socket-network.js';
import { CutTransport } from './cut-transport.js';

const KEY = { namespace: 'default', fallbacks: [], timeoutMilliseconds: 3000 } as const;

const PARTITIONS_DEFAULT = 16;

/** For tables of outcomes: no node is taken for dead because this machine is busy. */
export const PATIENT: Partial<NodeLimits> = {
  heartbeatsMissedSuspect: 20,
  heartbeatsMissedDead: 40,
};

export interface LocalClusterOptions {
  readonly partitions?: number;
  /** Copies of each key; 3 where it is not given. */
  readonly replicas?: number;
  readonly limits?: Partial<NodeLimits>;
  /** What the cluster's settings are at first. */
  readonly consistency?: Partial<ConsistencySettings>;
  /** In memory where it is not given. */
  readonly storageOf?: (id: string) => Promise<Storage>;
  readonly sockets?: Partial<PeerSocketsOptions>;
  /** Stands between a node and its links. */
  readonly wrap?: (transport: Transport, id: string) => Transport;
}

type Nodes = ReadonlyMap<string, { readonly node: QuorateNode; readonly wire: CutTransport }>;

export class LocalCluster {
  readonly network: SocketNetwork;
  readonly #nodes: Nodes;

  readonly #partitions: number;

  private constructor(network: SocketNetwork, nodes: Nodes, partitions: number) {
    this.network = network;
    this.#nodes = nodes;
    this.#partitions = partitions;
  }

  /** Founded and linked. */
  static async start(
    ids: readonly string[],
    given: LocalClusterOptions = {},
  ): Promise<LocalCluster> {
    const { partitions = PARTITIONS_DEFAULT, replicas = 3 } = given;
    const network = await SocketNetwork.make(ids);
    const initialCluster = ids.map((id) => `${id}=${HOST}:${network.portOf(id)}`).join(',');
    const started = ids.map(async (id) => {
      const wire = new CutTransport(network.create(id, given.sockets));
      const settings = loadSettings({
        flags: {
          ...{ 'node.id': id, 'node.initialCluster': initialCluster },
          'ring.partitions': String(partitions),
          'ring.replicas': String(replicas),
        },
        profile: 'local',
        environment: { QUORATE_PEERS_HEARTBEAT_INTERVAL_MILLISECONDS: '50' },
      });
      const options = nodeOptionsOf(settings, { secret: new Uint8Array(32), version: 'test' });
      const environment = {
        clock: new SystemClock(),
        random: new SystemRandom(),
        storage: (await given.storageOf?.(id)) ?? new MemoryStorage(),
        transport: given.wrap?.(wire, id) ?? wire,
        observer: network.observer,
      };
      const changed = {
        ...options,
        limits: { ...options.limits, ...given.limits },
        consistency: { ...options.consistency, ...given.consistency },
      };
      return [id, { node: await createNode(environment, changed), wire }] as const;
    });
    const cluster = new LocalCluster(network, new Map(await Promise.all(started)), partitions);
    await Promise.all(ids.map((id) => cluster.node(id).ready()));
    await cluster.untilSeen(ids, ids);
    return cluster;
  }

  get ids(): string[] {
    return [...this.#nodes.keys()];
  }

  node(id: string): QuorateNode {
    return this.#at(id).node;
  }

  /**
   * Loses everything between the two sides; `oneWay`: only what the first sends to the other. A
   * link needs both ways to open again.
   */
  cut(side: readonly string[], other: readonly string[], oneWay = false): void {
    for (const a of side) {
      for (const b of other) {
        this.#at(a).wire.cut(b, oneWay ? ['to'] : ['to', 'from']);
        this.#at(b).wire.cut(a, oneWay ? [] : ['to', 'from']);
      }
    }
  }

  /** Closes the links between the two sides, as a router that says so. */
  drop(side: readonly string[], other: readonly string[]): void {
    for (const a of side) {
      for (const b of other) {
        this.#at(a).wire.drop(b);
        this.#at(b).wire.drop(a);
      }
    }
  }

  /** Cuts all sides from each other, links closed, and waits until everybody knows. */
  async cutApart(sides: readonly (readonly string[])[]): Promise<void> {
    for (const [index, side] of sides.entries()) {
      const others = sides.slice(index + 1).flat();
      this.cut(side, others);
      this.drop(side, others);
    }
    for (const side of sides) await this.untilSeen(side, side);
  }

  heal(): void {
    for (const { wire } of this.#nodes.values()) wire.healAll();
  }

  /** Waits until everybody in `viewers` sees all of `seen`, and nobody else, as up. */
  async untilSeen(viewers: readonly string[], seen: readonly string[]): Promise<void> {
    const sees = (viewer: string, id: string): boolean =>
      this.node(viewer)
        .cluster.locate('default', 'k')
        .primaries.every(({ node, up }) => node !== id || up === seen.includes(id));
    const all = [...this.#nodes.keys()];
    const settled = (): boolean => viewers.every((viewer) => all.every((id) => sees(viewer, id)));
    await this.network.until(settled, `${viewers.join()} see ${seen.join()}`);
  }

  put(
    at: string,
    key: string,
    value: string,
    level: string,
    context?: string,
    timeoutMilliseconds: number = KEY.timeoutMilliseconds,
  ): Promise<PutAnswer> {
    const change = textValue(value);
    return this.#write(at, { key, level, context, change, timeoutMilliseconds });
  }

  delete(at: string, key: string, level: string, context?: string): Promise<PutAnswer> {
    return this.#write(at, { key, level, context, change: { state: 'tombstone' } });
  }

  /** The value is written only if the values of the key are exactly these versions. */
  compareAndSet(
    at: string,
    key: string,
    value: string,
    versions: readonly string[],
    timeoutMilliseconds: number = KEY.timeoutMilliseconds,
  ): Promise<PutAnswer> {
    const change = textValue(value);
    const precondition = { is: 'version', versions } as const;
    return this.#write(at, { key, level: 'strong', change, precondition, timeoutMilliseconds });
  }

  async get(
    at: string,
    key: string,
    level: string,
    timeoutMilliseconds: number = KEY.timeoutMilliseconds,
  ): Promise<GetAnswer> {
    return this.node(at).coordination.get({ ...KEY, key, level, timeoutMilliseconds });
  }

  /** Who decides the strong operations on the key, by what an owner of it has promised. */
  proposerOf(key: string, owner: string = this.primariesOf(key)[0] ?? ''): string {
    const { cluster, disk } = this.node(owner);
    return disk.acceptor.promised(cluster.locate('default', key).partition).node;
  }

  /** The values that a node answers with, sorted. */
  async values(at: string, key: string, level: string): Promise<string[]> {
    const { siblings } = await this.get(at, key, level);
    return siblings.map(({ value }) => Buffer.from(value).toString()).sort();
  }

  recordKey(key: string): RecordKey {
    return recordKey('default', key, this.#partitions);
  }

  primariesOf(key: string): string[] {
    const [any = ''] = this.ids;
    return this.node(any)
      .cluster.locate('default', key)
      .primaries.map(({ node }) => node);
  }

  /** What a replica holds, asking nobody: no read that could repair it. */
  held(id: string, key: string): { readonly values: string[]; readonly fingerprint: string } {
    const stored = this.node(id).replica.read(this.recordKey(key));
    const live = stored?.siblings.versions.filter(({ state }) => state === 'value') ?? [];
    const values = live.map(({ value }) => Buffer.from(value).toString()).sort();
    return { values, fingerprint: stored?.fingerprint ?? '' };
  }

  /** The record as it lies there, tombstones and stubs included; undefined where there is none. */
  stored(id: string, key: string): Uint8Array | undefined {
    return this.node(id).replica.read(this.recordKey(key))?.bytes;
  }

  /** A write of which no copy leaves. */
  mintSilently(id: string, key: string, value: string): Promise<void> {
    const plain = { seen: undefined, known: undefined, epoch: 1 };
    const intent = { ...plain, change: textValue(value) };
    const { replica } = this.node(id);
    return replica.mint(this.recordKey(key), intent, 'sync', () => undefined).committed;
  }

  /** A copy comes late, as from a message that was long on its way. */
  async deliver(id: string, key: string, bytes: Uint8Array): Promise<void> {
    await this.node(id).replica.merge(this.recordKey(key), bytes, 'sync');
  }

  /** Waits until all primaries of each key hold the same, though nobody reads. */
  async untilAlike(keys: readonly string[]): Promise<void> {
    const isAlike = (key: string): boolean => {
      const [first, ...rest] = this.primariesOf(key).map((id) => this.held(id, key).fingerprint);
      return rest.every((other) => other === first);
    };
    await this.network.until(() => keys.every(isAlike), 'all replicas are alike');
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map(({ node }) => node.stop()));
  }

  async #write(
    at: string,
    request: Partial<PutRequest> & Pick<PutRequest, 'key' | 'level' | 'change'>,
  ): Promise<PutAnswer> {
    const plain = { context: undefined, durability: 'sync' } as const;
    return this.node(at).coordination.put({ ...KEY, ...plain, ...request });
  }

  #at(id: string): { readonly node: QuorateNode; readonly wire: CutTransport } {
    const found = this.#nodes.get(id);
    if (found === undefined) throw new Error(`no node ${id}`);
    return found;
  }
}

function textValue(text: string): PutRequest['change'] {
  const value = Buffer.from(text);
  return { state: 'value', contentType: 'text/plain', value, ttlSeconds: undefined };
}

/** The code and outcome of a refusal, or `ok`. */
export async function outcomeOf(operation: Promise<unknown>): Promise<string> {
  try {
    await operation;
    return 'ok';
  } catch (error) {
    if (error instanceof OperatingError) return `${error.code}/${error.outcome}`;
    throw error;
  }
}
