/** Anti-entropy on request: every member compares itself with every other, and says what it saw. */
import { parseStoredNamespace } from '../partitioning/namespace.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { Messenger } from '../rpc/messenger.js';
import type { Clock } from '../environment/clock.js';
import { firstWithin } from '../encoding/cut-list.js';
import type { NodeId } from '../environment/transport.js';
import { messageOf, OperatingError } from '../errors.js';
import type { AntiEntropy } from './anti-entropy.js';
import { EXCHANGE_NOW } from './messages.js';

/** A key that differs, as fingerprints; empty where a node holds nothing that lives. */
export interface KeyDifference {
  readonly namespace: string;
  readonly key: string;
  readonly partition: number;
  readonly here: string;
  readonly there: string;
}

/** What one node found in comparing itself with one peer. */
export interface PeerReport {
  readonly peer: NodeId;
  /** Why the two could not be compared, where that is so. */
  readonly error: string | undefined;
  /** Records and bytes that were taken from the peer. */
  readonly records: number;
  readonly bytes: number;
  /** Keys that the trees found to differ; of very many only the first. */
  readonly differences: number;
  readonly keys: readonly KeyDifference[];
}

export interface NodeExchange {
  readonly node: NodeId;
  readonly error: string | undefined;
  readonly peers: readonly PeerReport[];
}

/** What the API needs. */
export interface ExchangeControl {
  /**
   * @param partition undefined: all
   * @param dryRun lists the difference and changes nothing
   * @throws OperatingError `overloaded` where this node is at it already, twice
   */
  exchangeNow(
    partition: number | undefined,
    dryRun: boolean,
    timeoutMilliseconds?: number,
  ): Promise<readonly NodeExchange[]>;
}

/** Trees of all partitions are compared, and what differs is confirmed and fetched. */
const TIMEOUT_MILLISECONDS = 60_000;
const KEYS_MAX = 1000;
/** Asked for by clients here and at peers together: each compares everything. */
const AT_ONCE_MAX = 2;

export interface ExchangeNowOptions {
  readonly ownership: Ownership;
  readonly messenger: Messenger;
  readonly clock: Clock;
  readonly antiEntropy: AntiEntropy;
  /** Bytes of records in one message. */
  readonly pageBytesMax: number;
}

export class ExchangeNow implements ExchangeControl {
  readonly #options: ExchangeNowOptions;
  #underWay = 0;

  constructor(options: ExchangeNowOptions) {
    this.#options = options;
  }

  /** Registers the handler. */
  serve(messenger: Messenger): void {
    messenger.handle(EXCHANGE_NOW, async ({ partition, dryRun }, { deadline }) => {
      const reports = await this.#here(partition ?? undefined, dryRun, deadline);
      return {
        reports: reports.map(({ error, keys, ...report }) => {
          return { ...report, error: error ?? null, keys: [...keys] };
        }),
      };
    });
  }

  exchangeNow(
    partition: number | undefined,
    dryRun: boolean,
    timeoutMilliseconds: number = TIMEOUT_MILLISECONDS,
  ): Promise<NodeExchange[]> {
    const { ownership, messenger, clock } = this.#options;
    if (partition !== undefined && partition >= ownership.partitionCount) {
      throw new OperatingError('invalid_request', 'there is no such partition', {
        details: { field: 'partition', received: partition, partitions: ownership.partitionCount },
      });
    }
    this.#assertRoom();
    const deadline = clock.monotonicMilliseconds() + timeoutMilliseconds;
    const request = { partition: partition ?? null, dryRun };
    return Promise.all(
      ownership.nodes.map(async (node) => {
        try {
          if (node === ownership.self) {
            return { node, error: undefined, peers: await this.#here(partition, dryRun, deadline) };
          }
          const { reports } = await messenger.request(node, EXCHANGE_NOW, request, deadline);
          const peers = reports.map(({ error, ...report }) => {
            return { ...report, error: error ?? undefined };
          });
          return { node, error: undefined, peers };
        } catch (error) {
          return { node, error: messageOf(error), peers: [] };
        }
      }),
    );
  }

  /** One peer after the other: this is background work, though somebody waits for it. */
  async #here(
    partition: number | undefined,
    dryRun: boolean,
    deadline: number,
  ): Promise<PeerReport[]> {
    this.#assertRoom();
    this.#underWay += 1;
    try {
      return await this.#withPeers(partition, dryRun, deadline);
    } finally {
      this.#underWay -= 1;
    }
  }

  #assertRoom(): void {
    if (this.#underWay < AT_ONCE_MAX) return;
    throw new OperatingError('overloaded', 'exchanges that were asked for are under way here');
  }

  async #withPeers(
    partition: number | undefined,
    dryRun: boolean,
    deadline: number,
  ): Promise<PeerReport[]> {
    const { ownership, clock } = this.#options;
    const reports: PeerReport[] = [];
    for (const peer of ownership.nodes) {
      if (peer === ownership.self) continue;
      const shared = ownership.sharedWith(peer);
      const asked = partition === undefined ? shared : shared.filter((one) => one === partition);
      if (asked.length === 0) continue;
      // Nobody waits for it any more.
      if (clock.monotonicMilliseconds() >= deadline) break;
      reports.push(await this.#withPeer(peer, asked, dryRun, deadline));
    }
    return reports;
  }

  async #withPeer(
    peer: NodeId,
    partitions: readonly number[],
    dryRun: boolean,
    deadline: number,
  ): Promise<PeerReport> {
    const { antiEntropy } = this.#options;
    const nothing = { peer, error: undefined, records: 0, bytes: 0, differences: 0, keys: [] };
    try {
      const found = dryRun
        ? { ...nothing, differences: await antiEntropy.differencesFrom(peer, partitions, deadline) }
        : await antiEntropy.compareTreesWith(peer, partitions, deadline);
      const rows = found.differences.slice(0, KEYS_MAX).map(({ at, ours, theirs }) => {
        const { key, partition } = at;
        const { name: namespace } = parseStoredNamespace(at.namespace);
        return { namespace, key, partition, here: ours, there: theirs };
      });
      const { ownership, pageBytesMax } = this.#options;
      // The reports on all peers go in one message.
      const keys = firstWithin(rows, pageBytesMax / ownership.nodes.length);
      const { records, bytes } = found;
      return { ...nothing, records, bytes, differences: found.differences.length, keys };
    } catch (error) {
      return { ...nothing, error: messageOf(error) };
    }
  }
}
