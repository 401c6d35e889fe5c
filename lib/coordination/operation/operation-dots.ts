/**
 * The dots of operations that take effect once (docs/consensus.md, K20). They are fixed before the
 * operation is proposed, and whoever proposes it again uses the same.
 *
 * A *lane* is a writer of this life of the node in one partition. What it numbers on a key covers
 * all that it numbered there before: so a key has one open operation in a lane, and the next one is
 * in another lane. A lane with a number of which nobody knows what became is not used again.
 */
import type { Random } from '../../environment/random.js';
import type { NodeId } from '../../environment/transport.js';
import type { Once } from '../../consensus/once.js';
import type { RecordKey } from '../../persistence/keyspace.js';
import type { Identity } from '../../replica/identity.js';
import { freshWriter, type Writer } from '../../versioning/writer.js';

export interface OperationDotsOptions {
  readonly self: NodeId;
  readonly identity: Identity;
  readonly random: Random;
}

interface Lane {
  readonly writer: Writer;
  readonly start: number;
  /** Operations that were numbered. */
  count: number;
  /** Keys, as they are stored, with an operation under way. */
  readonly open: Set<string>;
}

/** What became of it: certain, certainly never told to anybody, or not known. */
export type OnceEnding = 'settled' | 'unused' | 'unknown';

export interface TakenOnce {
  readonly once: Once;
  /** Called once. */
  ended(how: OnceEnding): void;
}

export class OperationDots {
  readonly #options: OperationDotsOptions;
  readonly #lanes = new Map<number, Lane[]>();

  constructor(options: OperationDotsOptions) {
    this.#options = options;
  }

  take({ partition, storageKey }: RecordKey): TakenOnce {
    const lane = this.#laneFor(partition, storageKey);
    lane.open.add(storageKey);
    lane.count += 1;
    const { count, writer } = lane;
    const once = { dot: { writer, n: 2 * count - 1 }, end: { writer, n: 2 * count } };
    return { once, ended: (how) => this.#ended(partition, lane, storageKey, how, count) };
  }

  #laneFor(partition: number, storageKey: string): Lane {
    const { self, identity, random } = this.#options;
    const { start } = identity;
    // An identity never outlives its memory: a higher start has lanes of its own.
    const lanes = (this.#lanes.get(partition) ?? []).filter((lane) => lane.start === start);
    let lane = lanes.find(({ open }) => !open.has(storageKey));
    if (lane === undefined) {
      lane = { writer: freshWriter(self, start, random), start, count: 0, open: new Set() };
      lanes.push(lane);
    }
    this.#lanes.set(partition, lanes);
    return lane;
  }

  #ended(partition: number, lane: Lane, key: string, how: OnceEnding, count: number): void {
    const isLast = lane.count === count;
    if (how === 'settled' || (how === 'unused' && isLast)) {
      if (how === 'unused') lane.count -= 1;
      lane.open.delete(key);
      return;
    }
    // What has a gap below it is never collected: nothing more is numbered above this one.
    const others = (this.#lanes.get(partition) ?? []).filter((other) => other !== lane);
    this.#lanes.set(partition, others);
  }
}
