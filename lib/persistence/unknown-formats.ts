/** Reports what another build stored, where it is found after the start (architecture.md, S1). */
import type { Observer } from '../environment/observer.js';
import { isUnknownFormat } from '../errors.js';
import { decodeStored } from './checksummed.js';
import { eachEntry } from './each-entry.js';
import { PREFIX, rangeOf } from './keyspace.js';
import type { Store } from './store.js';

/** What a start reads: of the node, and of each partition. */
const READ_AT_START = [
  ...[PREFIX.single, PREFIX.clock, PREFIX.rebuilding, PREFIX.digest, PREFIX.digestLog],
  PREFIX.ballots,
];

/**
 * Before a start writes anything: it counts itself first, and reads most parts after that.
 * @throws OperatingError `unknown_format` where another build has stored one of them
 */
export async function assertKnownFormats(store: Pick<Store, 'range'>): Promise<void> {
  for (const prefix of READ_AT_START) {
    await eachEntry(store, rangeOf(prefix), (key, bytes) => {
      try {
        decodeStored(key, bytes);
      } catch (error) {
        // What is damaged is for the part that reads it.
        if (isUnknownFormat(error)) throw error;
      }
    });
  }
}

/** Counts each time; the log has each format once, with the one that is known here. */
export class UnknownFormats {
  readonly #observer: Observer;
  readonly #reported = new Set<unknown>();

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  /** The bytes stay as they are, whoever calls: only a newer build can read them. */
  note(error: unknown): void {
    if (!isUnknownFormat(error)) return;
    this.#observer.count('quorate_unknown_formats_total');
    const { stored, known } = error.details;
    if (this.#reported.has(stored)) return;
    this.#reported.add(stored);
    this.#observer.log('error', 'stored by another version of quorate: left as it is', {
      ...{ stored, known, reason: error.message },
    });
  }
}
