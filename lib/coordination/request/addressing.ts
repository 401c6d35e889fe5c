/** Which record a request is about, and until when it may take. */
import type { Clock } from '../../environment/clock.js';
import { OperatingError } from '../../errors.js';
import type { Ownership } from '../../partitioning/ownership.js';
import { type RecordKey, recordKey } from '../../persistence/keyspace.js';
import type { GetRequest } from './request.js';

export interface AddressingOptions {
  readonly ownership: Ownership;
  readonly clock: Clock;
  /** Is the cluster founded? */
  readonly isReady: () => boolean;
  readonly timeoutDefaultMilliseconds: number;
  readonly timeoutMaxMilliseconds: number;
  readonly keyBytesMax: number;
}

export class Addressing {
  readonly #options: AddressingOptions;

  constructor(options: AddressingOptions) {
    this.#options = options;
  }

  /** @throws OperatingError `not_ready`, `invalid_key` */
  at({ namespace, key }: GetRequest): RecordKey {
    const { ownership, keyBytesMax, isReady } = this.#options;
    if (!isReady()) throw notReady();
    const size = Buffer.byteLength(key);
    if (size < 1 || size > keyBytesMax || !key.isWellFormed()) {
      throw new OperatingError('invalid_key', `a key has 1 to ${keyBytesMax} bytes of UTF-8`, {
        details: { limit: keyBytesMax, received: size },
      });
    }
    return recordKey(namespace, key, ownership.partitionCount);
  }

  /** On the monotonic clock. @throws OperatingError `invalid_request` */
  deadline({ timeoutMilliseconds }: GetRequest): number {
    const { clock, timeoutDefaultMilliseconds, timeoutMaxMilliseconds } = this.#options;
    const timeout = timeoutMilliseconds ?? timeoutDefaultMilliseconds;
    if (!(timeout > 0 && timeout <= timeoutMaxMilliseconds)) {
      throw new OperatingError('invalid_request', 'the timeout is out of range', {
        details: { field: 'X-Timeout', limit: timeoutMaxMilliseconds, received: timeout },
      });
    }
    return clock.monotonicMilliseconds() + timeout;
  }
}

export function notReady(): OperatingError {
  return new OperatingError('not_ready', 'the cluster is not founded yet');
}
