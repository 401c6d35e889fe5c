/** Where members call from, as this node knows: room at the peer listener is kept for them. */
import { isIP } from 'node:net';
import type { Clock } from '../environment/clock.js';
import type { NodeId, PeerAddress } from '../environment/transport.js';

export interface PeerAddressesOptions {
  readonly clock: Clock;
  /** All addresses of a name. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
}

/** Names are looked up again no sooner, whoever calls. */
const RESOLVE_PAUSE_MILLISECONDS = 10_000;
/** Of one name. */
const ADDRESSES_MAX = 16;

/**
 * The hosts of the list of peers, what they resolve to, and where each member last proved itself
 * from: it may call from another address than it listens at.
 */
export class PeerAddresses {
  readonly #options: PeerAddressesOptions;
  #hosts: ReadonlySet<string> = new Set();
  #resolved = new Map<string, readonly string[]>();
  readonly #proven = new Map<NodeId, string>();
  #known: ReadonlySet<string> = new Set();
  #resolvedAt = Number.NEGATIVE_INFINITY;
  #resolving = false;

  constructor(options: PeerAddressesOptions) {
    this.#options = options;
  }

  /** The members of now; what was known of others is forgotten. */
  set(peers: readonly PeerAddress[]): void {
    this.#hosts = new Set(peers.flatMap(({ addresses }) => addresses.map(hostOf)));
    const ids = new Set(peers.map(({ id }) => id));
    for (const id of [...this.#proven.keys()]) if (!ids.has(id)) this.#proven.delete(id);
    this.#resolvedAt = Number.NEGATIVE_INFINITY;
    this.#renew();
    this.#resolveSoon();
  }

  /** This member has proven itself from here. */
  note(id: NodeId, address: string): void {
    this.#proven.set(id, plainAddress(address));
    this.#renew();
  }

  /** Is a member known here? Where not, names are looked up: it may have moved. */
  has(address: string): boolean {
    const known = this.#known.has(plainAddress(address));
    if (!known) this.#resolveSoon();
    return known;
  }

  #renew(): void {
    const literal = [...this.#hosts].filter((host) => isIP(host) !== 0);
    const named = [...this.#hosts].flatMap((host) => this.#resolved.get(host) ?? []);
    this.#known = new Set([...literal, ...named, ...this.#proven.values()].map(plainAddress));
  }

  #resolveSoon(): void {
    const now = this.#options.clock.monotonicMilliseconds();
    if (this.#resolving || now - this.#resolvedAt < RESOLVE_PAUSE_MILLISECONDS) return;
    this.#resolvedAt = now;
    this.#resolving = true;
    // Rejects never: a name that is not found keeps what it had.
    void this.#resolveAll().finally(() => {
      this.#resolving = false;
    });
  }

  /** One after the other: each lookup holds a thread that the disk needs, too. */
  async #resolveAll(): Promise<void> {
    const names = [...this.#hosts].filter((host) => isIP(host) === 0);
    for (const name of names) {
      const found = await this.#options.resolve(name).catch(() => undefined);
      if (found !== undefined) this.#resolved.set(name, found.slice(0, ADDRESSES_MAX));
    }
    for (const name of [...this.#resolved.keys()]) {
      if (!this.#hosts.has(name)) this.#resolved.delete(name);
    }
    this.#renew();
  }
}

/** `host:port` or `[host]:port` */
function hostOf(address: string): string {
  const host = address.slice(0, Math.max(0, address.lastIndexOf(':')));
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

/** One form for one address: a listener for both protocols reports IPv4 in the form of IPv6. */
export function plainAddress(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return isIP(plain) === 6 ? new URL(`http://[${plain}]/`).hostname.slice(1, -1) : plain;
}
