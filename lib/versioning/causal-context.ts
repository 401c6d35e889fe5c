/** The context that a client carries: a version vector, bound to one key and authenticated (V5). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { decode, encode } from '../encoding/codec.js';
import { OperatingError } from '../errors.js';
import type { VersionVector } from './version-vector.js';
import { isWriter } from './writer.js';

const FORMAT = 1;
const MAC_BYTES = 12;

/** What the holder of a context has seen, and the ring epoch under which that was said. */
export interface SeenContext {
  readonly epoch: number;
  readonly vector: VersionVector;
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

  /** Base64url text: 12 bytes of HMAC-SHA256, then [format, epoch, writer, n, writer, n, ...]. */
  seal(namespace: string, key: string, { epoch, vector }: SeenContext): string {
    const flat: unknown[] = [FORMAT, epoch];
    for (const [writer, n] of vector) flat.push(writer, n);
    const body = encode(flat);
    return Buffer.concat([this.#mac(namespace, key, body), body]).toString('base64url');
  }

  /** @throws OperatingError `invalid_context`: forged, damaged, or of another namespace or key. */
  open(namespace: string, key: string, token: string): SeenContext {
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

function parse(body: Uint8Array): SeenContext {
  const flat = decode(body);
  const vector = new Map<string, number>();
  if (Array.isArray(flat) && flat[0] === FORMAT && Number.isSafeInteger(flat[1])) {
    for (let i = 2; i + 1 < flat.length; i += 2) {
      const [writer, n]: unknown[] = [flat[i], flat[i + 1]];
      if (typeof writer === 'string' && isWriter(writer) && Number.isSafeInteger(n)) {
        vector.set(writer, n as number);
      }
    }
    if (vector.size * 2 + 2 === flat.length) return { epoch: flat[1] as number, vector };
  }
  throw new OperatingError('invalid_context', 'the context is of a format that this node does not know');
}
