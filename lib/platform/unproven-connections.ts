/** Connections that have not proven themselves: how many may wait, and which goes for another. */

export interface UnprovenLimits {
  /** From addresses that no member is known at: all together, and of each address. */
  readonly strangersMax: number;
  readonly strangersAddressMax: number;
  /** From addresses of members: what strangers do elsewhere takes nothing of it. */
  readonly membersMax: number;
  readonly membersAddressMax: number;
}

/** By address, the oldest connection of each first. */
interface Pool<Connection> {
  readonly max: number;
  readonly addressMax: number;
  readonly byAddress: Map<string, Set<Connection>>;
  size: number;
}

/**
 * An honest caller needs some milliseconds for its proof, one that only wants to be in the way has
 * all the time that it is given: so the oldest goes. It goes from the address that has most of
 * them: many callers at one address do not push out a single one at another.
 */
export class UnprovenConnections<Connection> {
  readonly #isMember: (address: string) => boolean;
  readonly #strangers: Pool<Connection>;
  readonly #members: Pool<Connection>;
  readonly #places = new Map<Connection, { pool: Pool<Connection>; address: string }>();

  /** `isMember`: is a member known at this address now? */
  constructor(limits: UnprovenLimits, isMember: (address: string) => boolean) {
    this.#isMember = isMember;
    this.#strangers = newPool(limits.strangersMax, limits.strangersAddressMax);
    this.#members = newPool(limits.membersMax, limits.membersAddressMax);
  }

  get size(): number {
    return this.#places.size;
  }

  /** Takes it in; returns the one that must go for it, if there is no room. */
  add(connection: Connection, address: string): Connection | undefined {
    const pool = this.#isMember(address) ? this.#members : this.#strangers;
    const place = placeOf(address);
    const same = pool.byAddress.get(place) ?? new Set();
    pool.byAddress.set(place, same.add(connection));
    pool.size += 1;
    this.#places.set(connection, { pool, address: place });
    const from = same.size > pool.addressMax ? same : pool.size > pool.max ? largest(pool) : [];
    const [oldest] = from;
    if (oldest !== undefined) this.delete(oldest);
    return oldest;
  }

  /** It is proven, or gone. */
  delete(connection: Connection): void {
    const found = this.#places.get(connection);
    if (found === undefined) return;
    this.#places.delete(connection);
    const { pool, address } = found;
    const same = pool.byAddress.get(address);
    same?.delete(connection);
    if (same?.size === 0) pool.byAddress.delete(address);
    pool.size -= 1;
  }
}

function newPool<Connection>(max: number, addressMax: number): Pool<Connection> {
  return { max, addressMax, byAddress: new Map(), size: 0 };
}

function largest<Connection>({ byAddress }: Pool<Connection>): ReadonlySet<Connection> {
  let most: ReadonlySet<Connection> = new Set();
  for (const connections of byAddress.values()) {
    if (connections.size > most.size) most = connections;
  }
  return most;
}

/** Whoever has one address of IPv6 has a whole network of 64 bits: it counts as one. */
function placeOf(address: string): string {
  return address.includes(':') ? networkOf(address) : address;
}

const NETWORK_GROUPS = 4;

function networkOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const behind = tail === undefined || tail === '' ? 0 : tail.split(':').length;
  while (tail !== undefined && groups.length + behind < 8) groups.push('0');
  return [...groups, ...(tail?.split(':') ?? [])].slice(0, NETWORK_GROUPS).join(':');
}
