/** Who of a key's owners holds what a hint says, durably: asked before the hint may leave early. */
import { groupsWithin } from '../encoding/cut-list.js';
import { messageBytesMax } from '../encoding/frame.js';
import type { Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { Hint } from './hint-records.js';
import type { Identity } from '../replica/identity.js';
import type { Losses } from '../replica/losses.js';
import { decodeRecord } from '../persistence/records.js';
import { recordKey } from '../persistence/keyspace.js';
import type { Replica } from '../replica/replica.js';
import type { Messenger } from '../rpc/messenger.js';
import type { ClusterView } from '../replication/cluster-view.js';
import { majority } from '../replication/quorum.js';
import { covers } from '../versioning/context.js';
import { type HoldingsReply, HOLDINGS, type KeyInQuestion } from './messages.js';

export interface HoldingsOptions {
  readonly ownership: Ownership;
  readonly view: ClusterView;
  readonly messenger: Messenger;
  readonly replica: Replica;
  readonly identity: Identity;
  readonly losses: Losses;
  readonly clock: Clock;
  /** Partitions that this node rebuilds: it vouches for nothing there. */
  readonly isRebuilding: (partition: number) => boolean;
  readonly timeoutMilliseconds: number;
  /** Bytes of the keys of one question. */
  readonly hintBatchBytesMax: number;
}

export class Holdings {
  readonly #options: HoldingsOptions;

  constructor(options: HoldingsOptions) {
    this.#options = options;
  }

  /** Registers the handler. */
  serve(messenger: Messenger): void {
    messenger.handle(HOLDINGS, ({ keys }) => this.#own(keys));
  }

  /**
   * Those of the hints of which every version is held or covered, durably, by a majority of the
   * key's owners. Who does not answer holds nothing, and who has lost its disk since, neither.
   */
  async safe(hints: readonly Hint[]): Promise<Hint[]> {
    const bytesOf = (hint: Hint): number => messageBytesMax(questionOf(hint));
    const safe: Hint[] = [];
    for (const some of groupsWithin(hints, bytesOf, this.#options.hintBatchBytesMax)) {
      for (const hint of await this.#safe(some)) safe.push(hint);
    }
    return safe;
  }

  async #safe(hints: readonly Hint[]): Promise<Hint[]> {
    const { ownership } = this.#options;
    const owners = hints.map(({ at }) => ownership.ownersOf(at.partition));
    const ask = async (node: NodeId) => {
      const asked = hints.filter((_, place) => owners[place]?.includes(node));
      const { held, start, lost } = await this.#ask(node, asked.map(questionOf));
      this.#options.losses.learn(lost);
      return { node, start, holds: new Set(asked.filter((_, i) => held[i] === true)) };
    };
    const answers = await Promise.all([...new Set(owners.flat())].map(ask));
    return hints.filter((hint, place) => {
      const holders = answers.filter(({ node, start, holds }) => {
        return holds.has(hint) && this.#options.losses.stands(hint.at.partition, node, start);
      });
      return holders.length >= majority(owners[place]?.length ?? 0);
    });
  }

  async #ask(node: NodeId, keys: readonly KeyInQuestion[]): Promise<HoldingsReply> {
    const { view, messenger, clock, timeoutMilliseconds } = this.#options;
    if (node === view.self) return this.#own(keys);
    if (!view.isUp(node)) return SILENT;
    const deadline = clock.monotonicMilliseconds() + timeoutMilliseconds;
    try {
      return await messenger.request(node, HOLDINGS, { keys: [...keys] }, deadline);
    } catch (error) {
      if (error instanceof OperatingError) return SILENT;
      throw error;
    }
  }

  async #own(keys: readonly KeyInQuestion[]): Promise<HoldingsReply> {
    const { identity, losses, ownership } = this.#options;
    // What was damaged since must not look as if it was asked after the damage.
    const { start } = identity;
    const held = await Promise.all(keys.map((key) => this.#holds(key)));
    const partitions = keys.map(({ namespace, key }) => {
      return recordKey(namespace, key, ownership.partitionCount).partition;
    });
    const lost = [...new Set(partitions)].flatMap((partition) => losses.listOf(partition));
    return { held, start, lost };
  }

  /** Only a record that is synced counts: a clock without one may be wrong, and is then rebuilt. */
  async #holds({ namespace, key, dots }: KeyInQuestion): Promise<boolean> {
    const { ownership, replica, isRebuilding } = this.#options;
    const at = recordKey(namespace, key, ownership.partitionCount);
    if (!ownership.isOwn(at.partition)) return false;
    try {
      const stored = replica.read(at);
      if (stored === undefined) return false;
      const { context } = stored.siblings;
      if (!dots.every((dot) => covers(context, dot))) return false;
      await replica.whenDurable(at);
      // It may have been found damaged while it was synced.
      return !isRebuilding(at.partition);
    } catch (error) {
      if (error instanceof OperatingError) return false;
      throw error;
    }
  }
}

/** Of one that did not answer. */
const SILENT: HoldingsReply = { held: [], start: 0, lost: [] };

function questionOf(hint: Hint): KeyInQuestion {
  const { namespace, key } = hint.at;
  const dots = decodeRecord(hint.at, hint.bytes).versions.map(({ dot }) => ({ ...dot }));
  return { namespace, key, dots };
}
