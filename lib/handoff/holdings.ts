/** Who of a key's owners holds what a hint says, durably: asked before the hint may leave early. */
import type { Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import { ownersOf, type Ring } from '../partitioning/ring.js';
import type { Hint } from '../persistence/hint-records.js';
import { decodeRecord, recordKey } from '../persistence/records.js';
import type { Replica } from '../persistence/replica.js';
import type { Messenger } from '../replication/ask.js';
import type { ClusterView } from '../replication/cluster-view.js';
import { majority } from '../replication/quorum.js';
import { covers } from '../versioning/context.js';
import { HOLDINGS, type KeyInQuestion } from './messages.js';

export interface HoldingsOptions {
  readonly ring: () => Ring;
  readonly view: ClusterView;
  readonly messenger: Messenger;
  readonly replica: Replica;
  readonly clock: Clock;
  /** Partitions that this node rebuilds: it vouches for nothing there. */
  readonly isRebuilding: (partition: number) => boolean;
  readonly timeoutMilliseconds: number;
}

export class Holdings {
  readonly #options: HoldingsOptions;

  constructor(options: HoldingsOptions) {
    this.#options = options;
    options.messenger.handle(HOLDINGS, async ({ keys }) => ({ held: await this.#own(keys) }));
  }

  /**
   * Those of the hints of which every version is held or covered, durably, by a majority of the
   * key's owners. Who does not answer holds nothing.
   */
  async safe(hints: readonly Hint[]): Promise<Hint[]> {
    const ring = this.#options.ring();
    const counts = hints.map(() => 0);
    const owners = hints.map(({ at }) => ownersOf(ring, at.partition));
    const ask = async (node: NodeId): Promise<void> => {
      const places = owners.flatMap((list, place) => (list.includes(node) ? [place] : []));
      const held = await this.#ask(
        node,
        places.flatMap((place) => questionOf(hints[place])),
      );
      for (const [i, place] of places.entries()) {
        if (held[i] === true) counts[place] = (counts[place] ?? 0) + 1;
      }
    };
    await Promise.all([...new Set(owners.flat())].map(ask));
    return hints.filter((_, i) => (counts[i] ?? 0) >= majority(owners[i]?.length ?? 0));
  }

  async #ask(node: NodeId, keys: readonly KeyInQuestion[]): Promise<readonly boolean[]> {
    const { view, messenger, clock, timeoutMilliseconds } = this.#options;
    if (node === view.self) return this.#own(keys);
    if (!view.isUp(node)) return [];
    const deadline = clock.monotonicMilliseconds() + timeoutMilliseconds;
    try {
      return (await messenger.request(node, HOLDINGS, { keys: [...keys] }, deadline)).held;
    } catch (error) {
      if (error instanceof OperatingError) return [];
      throw error;
    }
  }

  #own(keys: readonly KeyInQuestion[]): Promise<boolean[]> {
    return Promise.all(keys.map((key) => this.#holds(key)));
  }

  /** Only a record that is synced counts: a clock without one may be wrong, and is then rebuilt. */
  async #holds({ namespace, key, dots }: KeyInQuestion): Promise<boolean> {
    const { ring, view, replica, isRebuilding } = this.#options;
    const at = recordKey(namespace, key, ring().partitionCount);
    if (!ownersOf(ring(), at.partition).includes(view.self)) return false;
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

/** @returns one question, or none where there is no hint */
function questionOf(hint: Hint | undefined): KeyInQuestion[] {
  if (hint === undefined) return [];
  const { namespace, key } = hint.at;
  const dots = decodeRecord(hint.at, hint.bytes).versions.map(({ dot }) => ({ ...dot }));
  return [{ namespace, key, dots }];
}
