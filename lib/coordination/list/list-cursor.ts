/** Where the next page of a list goes on: sealed, so that clients can make none of their own. */
import { decode, encode } from '../../encoding/codec.js';
import { OperatingError } from '../../errors.js';
import { Seal } from '../../versioning/seal.js';

const FORMAT = 1;
const MAC_BYTES = 12;

/** What a cursor is of, and good for alone. */
export interface CursorOf {
  readonly namespace: string;
  readonly prefix: string;
}

export class ListCursors {
  readonly #seal: Seal;

  /** @param clusterId known once a node serves */
  constructor(secret: Uint8Array, clusterId: () => string) {
    this.#seal = new Seal(secret, 'quorate list cursor', clusterId, MAC_BYTES);
  }

  /** @param after the key behind which the next page goes on */
  seal(of: CursorOf, after: string): string {
    return this.#seal.seal(boundTo(of), encode([FORMAT, after]));
  }

  /** @throws OperatingError `invalid_request`: forged, or of another prefix or namespace */
  open(of: CursorOf, cursor: string): string {
    const body = this.#seal.open(boundTo(of), cursor);
    const parts = body === undefined ? [] : decode(body);
    // The seal vouches for the rest.
    if (Array.isArray(parts) && parts[0] === FORMAT) return String(parts[1]);
    throw new OperatingError(
      'invalid_request',
      'the cursor is none that this cluster gave for this prefix; begin the list anew',
      { details: { field: 'cursor' } },
    );
  }
}

function boundTo({ namespace, prefix }: CursorOf): string {
  return `${namespace}\u0000${prefix}\u0000`;
}
