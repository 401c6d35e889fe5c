/** The context that a client carries: what it has seen of one key, sealed (architecture.md, V5). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { decode, encode } from '../encoding/codec.js';
import { OperatingError } from '../errors.js';
import type { Seen } from './context.js';
import type { Dot } from './dot.js';

const FORMAT = 2;
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
  readonly #secret: Uint8Array;
  readonly #clusterId: () => string;
  #key: Uint8Array | undefined;

  /**
   * @param secret the cluster's secret
   * @param clusterId known once a node serves; with the secret it gives the key, so that contexts
   * of another cluster with the same secret are refused.
   */
  constructor(secret: Uint8Array, clusterId: () => string) {
    this.#secret = secret;
    this.#clusterId = clusterId;
  }

  /**
   * Base64url text: 12 bytes of HMAC-SHA256, then [format, epoch, stamp, entries of the vector,
   * writer, n, ..., then the dots beyond it, writer, n, ...].
   */
  seal(namespace: string, key: string, epoch: number, { vector, beyond, stamp }: Seen): string {
    const flat: unknown[] = [FORMAT, epoch, stamp, vector.size];
    for (const [writer, n] of vector) flat.push(writer, n);
    for (const { writer, n } of beyond) flat.push(writer, n);
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
    this.#key ??= createHmac('sha256', this.#secret)
      .update(`quorate causal context 2 ${this.#clusterId()}`)
      .digest();
    const mac = createHmac('sha256', this.#key);
    mac.update(`${namespace}\u0000${key}\u0000`).update(body);
    return mac.digest().subarray(0, MAC_BYTES);
  }
}

function parse(body: Uint8Array): CausalContext {
  const flat = decode(body);
  if (Array.isArray(flat) && flat[0] === FORMAT) {
    // The seal vouches for the rest: only `seal` writes it.
    const [, epoch, stamp, size, ...entries] = flat as [
      number,
      number,
      number,
      number,
      ...unknown[],
    ];
    const dots: Dot[] = [];
    for (let i = 0; i + 1 < entries.length; i += 2) {
      dots.push({ writer: entries[i] as string, n: entries[i + 1] as number });
    }
    const vector = new Map(dots.slice(0, size).map(({ writer, n }) => [writer, n]));
    return { epoch, stamp, vector, beyond: dots.slice(size) };
  }
  throw new OperatingError(
    'invalid_context',
    'the context is of a format that this node does not know',
  );
}
