/** The context that a client carries: a version vector, bound to one key and authenticated (V5). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { decode, encode } from '../encoding/codec.js';
import { OperatingError } from '../errors.js';
import type { Seen } from './siblings.js';
import { isWriter } from './writer.js';

const FORMAT = 1;
const MAC_BYTES = 12;

/** What the holder has seen, and the ring epoch under which that was said. */
export interface CausalContext extends Seen {
  readonly epoch: number;
}

/**
 * Seals and opens contexts. Numbers run per partition, so the context of one key would cover unseen
 * versions of another: the seal covers namespace and key, and a context is refused elsewhere.
 */
export class ContextSeal {
  readonly #key: Uint8Array;

  /** @param secret the cluster's secret; every node seals with a key derived from it. */
  constructor(secret: Uint8Array) {
    this.#key = createHmac('sha256', secret).update('quorate causal context 1').digest();
  }

  /**
   * Base64url text: 12 bytes of HMAC-SHA256, then [format, epoch, writer of the dot or '', its n or
   * 0, writer, n, writer, n, ...].
   */
  seal(namespace: string, key: string, { epoch, vector, dot }: CausalContext): string {
    const flat: unknown[] = [FORMAT, epoch, dot?.writer ?? '', dot?.n ?? 0];
    for (const [writer, n] of vector) flat.push(writer, n);
    const body = encode(flat);
    return Buffer.concat([this.#mac(namespace, key, body), body]).toString('base64url');
  }

  /** @throws OperatingError `invalid_context`: forged, damaged, or of another namespace or key. */
  open(namespace: string, key: string, token: string): CausalContext {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length > MAC_BYTES && bytes.toString('base64url') === token) {
      const body = bytes.subarray(MAC_BYTES);
      if (timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.#mac(namespace, key, body))) {
        return parse(body);
      }
    }
    throw new OperatingError(
      'invalid_context',
      'the context was not issued by this cluster for this key; read the key again',
    );
  }

  #mac(namespace: string, key: string, body: Uint8Array): Uint8Array {
    const mac = createHmac('sha256', this.#key);
    mac.update(`${namespace}\u0000${key}\u0000`).update(body);
    return mac.digest().subarray(0, MAC_BYTES);
  }
}

function parse(body: Uint8Array): CausalContext {
  const flat = decode(body);
  if (Array.isArray(flat) && flat[0] === FORMAT) {
    // The seal vouches for the rest: only `seal` writes it.
    const [, epoch, writer, n, ...entries] = flat as [number, number, string, number, ...unknown[]];
    const vector = new Map<string, number>();
    for (let i = 0; i + 1 < entries.length; i += 2) {
      vector.set(entries[i] as string, entries[i + 1] as number);
    }
    return { epoch, vector, dot: isWriter(writer) ? { writer, n } : undefined };
  }
  throw new OperatingError('invalid_context', 'the context is of a format that this node does not know');
}
