/** The context that a client carries: what it has seen of one key, sealed (architecture.md, V5). */
import { decode, encode } from '../encoding/codec.js';
import { OperatingError } from '../errors.js';
import type { Seen } from './context.js';
import type { Dot } from './dot.js';
import { Seal } from './seal.js';

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
  readonly #seal: Seal;

  /** @param clusterId known once a node serves */
  constructor(secret: Uint8Array, clusterId: () => string) {
    this.#seal = new Seal(secret, 'quorate causal context 2', clusterId, MAC_BYTES);
  }

  /**
   * Base64url text: 12 bytes of HMAC-SHA256, then [format, epoch, stamp, entries of the vector,
   * writer, n, ..., then the dots beyond it, writer, n, ...].
   */
  seal(namespace: string, key: string, epoch: number, { vector, beyond, stamp }: Seen): string {
    const flat: unknown[] = [FORMAT, epoch, stamp, vector.size];
    for (const [writer, n] of vector) flat.push(writer, n);
    for (const { writer, n } of beyond) flat.push(writer, n);
    return this.#seal.seal(boundTo(namespace, key), encode(flat));
  }

  /** @throws OperatingError `invalid_context`: forged, damaged, or of another namespace or key. */
  open(namespace: string, key: string, token: string): CausalContext {
    const body = this.#seal.open(boundTo(namespace, key), token);
    if (body !== undefined) return parse(body);
    throw new OperatingError(
      'invalid_context',
      'the context was not issued by this cluster for this key; read the key again',
    );
  }
}

function boundTo(namespace: string, key: string): string {
  return `${namespace}\u0000${key}\u0000`;
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
