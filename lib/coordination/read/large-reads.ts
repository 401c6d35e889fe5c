/**
 * Reads of large values wait for their turn before anything is read: what is read is held by this
 * node until its client has taken it.
 */
import type { Clock } from '../../environment/clock.js';
import { pauseFor } from '../../environment/pauses.js';
import { OperatingError } from '../../errors.js';
import type { RecordKey } from '../../persistence/keyspace.js';
import type { RecordTable } from '../../persistence/record-table.js';
import { LargeWork } from '../request/large-work.js';
import type { Got } from './read-effects.js';

/** Each is held by the replica, by the messages that bring it and by the answer. */
const AT_ONCE_BYTES_MAX = 16 * 1024 * 1024;
/** For the audit and the kept versions of a key, whose size nobody knows before. */
export const PAST_BYTES = 1024 * 1024;
/** How fast what was large once is forgotten, where larger ones do not come. */
const DECAY = 0.98;

export interface LargeRead {
  readonly at: RecordKey;
  /** On the monotonic clock. */
  readonly deadline: number;
}

export class LargeReads {
  readonly #table: Pick<RecordTable, 'read' | 'isInMemory'>;
  readonly #clock: Clock;
  readonly #work: LargeWork;
  /** Of those that look on the disk while others wait: one a turn of the event loop. */
  #turns: Promise<void> = Promise.resolve();
  /** Of keys of which this node holds nothing: about the largest of late. */
  #expected = 0;

  constructor(table: Pick<RecordTable, 'read' | 'isInMemory'>, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
    this.#work = new LargeWork(clock, AT_ONCE_BYTES_MAX);
  }

  /**
   * Runs the read: at once where the key is small here.
   * @throws OperatingError `deadline_passed` where its turn did not come in time
   */
  get(about: LargeRead, read: () => Got | Promise<Got>): Got | Promise<Got> {
    const got = this.run(about, read);
    if (!(got instanceof Promise)) return this.#noted(got);
    return got.then((later) => this.#noted(later));
  }

  /** The same of what is more than one read. @param beside bytes that are read beside the record */
  run<T>(about: LargeRead, work: () => T | Promise<T>, beside = 0): T | Promise<T> {
    const { at, deadline } = about;
    const go = (): T | Promise<T> => {
      const bytes = (this.#heldBytes(at) ?? this.#expected) + beside;
      return this.#work.run(bytes, deadline, work);
    };
    // To look on the disk for a large one takes a while, too: other requests come in between.
    if (this.#work.waiting === 0 || this.#table.isInMemory(at)) return go();
    this.#turns = this.#turns.then(() => pauseFor(this.#clock, 0));
    return this.#turns.then(go);
  }

  #noted(got: Got): Got {
    this.#expected = Math.max(bytesOf(got), Math.floor(this.#expected * DECAY));
    return got;
  }

  /** Of the replica of this node; undefined: it cannot tell. */
  #heldBytes(at: RecordKey): number | undefined {
    try {
      return this.#table.read(at)?.bytes.length;
    } catch (error) {
      if (error instanceof OperatingError) return undefined;
      throw error;
    }
  }
}

function bytesOf({ merged }: Got): number {
  const versions = merged?.versions ?? [];
  return versions.reduce((sum, version) => sum + (version.value?.length ?? 0), 0);
}
