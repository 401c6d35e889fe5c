/**
 * The dots of operations that take effect once (docs/consensus.md, K20). They are fixed before the
 * operation is proposed, and whoever proposes it again uses the same.
 *
 * A *sequence* is what one writer of this life of the node numbers in one partition. A number on a
 * key covers all earlier numbers of its sequence on that key. So a key has one open operation in a
 * sequence; the next one takes another sequence. A sequence with a number of which nobody knows
 * what became is not used again.
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

interface Sequence {
  readonly writer: Writer;
  readonly start: number;
  /** Operations that were numbered. */
  count: number;
  /**
   * Is the record of its last operation not known to be stored? Nothing would tell anybody of the
   * numbers of an operation that nothing was stored of: no later number is given above them.
   */
  isBeginning: boolean;
  /** Keys, as they are stored, with an operation under way. */
  readonly open: Set<string>;
}

/** What became of it: certain, certainly never sent to anybody, or not known. */
export type OnceEnding = 'settled' | 'unused' | 'unknown';

export interface TakenOnce {
  readonly once: Once;
  /** Its record is stored. */
  begun(): void;
  /** Called once. */
  ended(how: OnceEnding): void;
}

export class OperationDots {
  readonly #options: OperationDotsOptions;
  readonly #sequences = new Map<number, Sequence[]>();

  constructor(options: OperationDotsOptions) {
    this.#options = options;
  }

  take({ partition, storageKey }: RecordKey): TakenOnce {
    const sequence = this.#sequenceFor(partition, storageKey);
    sequence.open.add(storageKey);
    sequence.count += 1;
    sequence.isBeginning = true;
    const { count, writer } = sequence;
    const once = { dot: { writer, n: 2 * count - 1 }, end: { writer, n: 2 * count } };
    return {
      once,
      begun: () => {
        sequence.isBeginning = false;
      },
      ended: (how) => this.#ended(partition, sequence, storageKey, how, count),
    };
  }

  #sequenceFor(partition: number, storageKey: string): Sequence {
    const { self, identity, random } = this.#options;
    const { start } = identity;
    // An identity never outlives its memory: a higher start has sequences of its own.
    const sequences = (this.#sequences.get(partition) ?? []).filter(
      (sequence) => sequence.start === start,
    );
    let sequence = sequences.find(({ isBeginning, open }) => !isBeginning && !open.has(storageKey));
    if (sequence === undefined) {
      const writer = freshWriter(self, start, random);
      sequence = { writer, start, count: 0, isBeginning: false, open: new Set() };
      sequences.push(sequence);
    }
    this.#sequences.set(partition, sequences);
    return sequence;
  }

  #ended(partition: number, sequence: Sequence, key: string, how: OnceEnding, count: number): void {
    const isLast = sequence.count === count;
    if (how === 'settled' || (how === 'unused' && isLast)) {
      if (how === 'unused') {
        sequence.count -= 1;
        sequence.isBeginning = false;
      }
      sequence.open.delete(key);
      return;
    }
    // What has a gap below it is never collected: nothing more is numbered above this one.
    const others = (this.#sequences.get(partition) ?? []).filter((other) => other !== sequence);
    this.#sequences.set(partition, others);
  }
}
