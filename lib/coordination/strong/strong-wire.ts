/** Keys and states in the messages of the strong level, as they travel, and back. */
import type { KeyText } from '../../consensus/messages.js';
import { OperatingError } from '../../errors.js';
import { decodeState, encodeState } from '../../persistence/encoded-states.js';
import { placeOf, type RecordKey, recordKey, recordKeyAt } from '../../persistence/keyspace.js';
import type { Siblings } from '../../versioning/siblings.js';

/** Stands between namespace and key. */
const SEPARATOR = '\u0000';

/**
 * Of one partition under one Q. A key travels as namespace and key, and its place is found anew: no
 * place is taken from a peer. States travel as records are stored.
 */
export class StrongWire {
  readonly #partition: number;
  readonly #partitionCount: number;

  constructor(partition: number, partitionCount: number) {
    this.#partition = partition;
    this.#partitionCount = partitionCount;
  }

  at(key: KeyText): RecordKey {
    return recordKeyAt(key, this.#partitionCount);
  }

  bytesOf(key: KeyText, state: Siblings): Uint8Array {
    return encodeState(this.at(key), state);
  }

  /** @throws OperatingError `corrupt_bytes`, `unknown_format` */
  stateOf(key: KeyText, bytes: Uint8Array): Siblings {
    return decodeState(this.at(key), bytes);
  }

  keyTo(key: KeyText): string {
    const { namespace, key: text } = this.at(key);
    return `${namespace}${SEPARATOR}${text}`;
  }

  /** @throws OperatingError `corrupt_bytes`: it is of another partition */
  keyFrom(text: string): KeyText {
    const split = text.indexOf(SEPARATOR);
    if (split < 0) throw foreign();
    const at = recordKey(text.slice(0, split), text.slice(split + 1), this.#partitionCount);
    if (at.partition !== this.#partition) throw foreign();
    return placeOf(at);
  }
}

function foreign(): OperatingError {
  return new OperatingError('corrupt_bytes', 'a proposal is of no key of its partition');
}
