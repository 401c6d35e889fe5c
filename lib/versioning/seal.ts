/** What clients carry and may not change: an HMAC under a key of the cluster (V5). */
import { createHmac, timingSafeEqual } from 'node:crypto';

export class Seal {
  readonly #secret: Uint8Array;
  readonly #purpose: string;
  readonly #clusterId: () => string;
  readonly #macBytes: number;
  #key: Uint8Array | undefined;

  /**
   * @param secret the cluster's secret
   * @param purpose what is sealed of one purpose opens for no other
   * @param clusterId known once a node serves; with the secret it gives the key, so that what
   * another cluster with the same secret has sealed is refused
   * @param macBytes how much of the HMAC-SHA256 is kept
   */
  constructor(secret: Uint8Array, purpose: string, clusterId: () => string, macBytes: number) {
    this.#secret = secret;
    this.#purpose = purpose;
    this.#clusterId = clusterId;
    this.#macBytes = macBytes;
  }

  /** Base64url text. @param bound what it is sealed for, and opens for alone */
  seal(bound: string, body: Uint8Array): string {
    return Buffer.concat([this.#mac(bound, body), body]).toString('base64url');
  }

  /** The body; undefined where it was not sealed so. */
  open(bound: string, text: string): Uint8Array | undefined {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length <= this.#macBytes || bytes.toString('base64url') !== text) return undefined;
    const body = bytes.subarray(this.#macBytes);
    const mac = bytes.subarray(0, this.#macBytes);
    return timingSafeEqual(mac, this.#mac(bound, body)) ? body : undefined;
  }

  #mac(bound: string, body: Uint8Array): Uint8Array {
    this.#key ??= createHmac('sha256', this.#secret)
      .update(`${this.#purpose} ${this.#clusterId()}`)
      .digest();
    return createHmac('sha256', this.#key)
      .update(bound)
      .update(body)
      .digest()
      .subarray(0, this.#macBytes);
  }
}
