/** The founding as it lies on the disk (architecture, M1). */
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import type { Ring } from '../partitioning/ring.js';
import { decodeRing, encodeRing } from '../partitioning/ring-codec.js';
import { encodeStored, readStored } from '../persistence/checksummed.js';
import { SINGLE_KEYS } from '../persistence/keyspace.js';
import { type Identity, OWN_DATA } from '../replica/identity.js';
import type { Store } from '../persistence/store.js';

/** A founder got the answer that this disk stands for the ring with this hash, and this cluster. */
export type FounderConfirmation = readonly [hash: string, cluster: string, founder: NodeId];

export interface StoredFounding {
  readonly ring: Ring;
  /** Empty: none is known yet. */
  readonly cluster: string;
  /** Have all founders confirmed both? */
  readonly complete: boolean;
  /** Whom this disk ever confirmed a ring and a cluster. */
  readonly confirmations: readonly FounderConfirmation[];
}

type Plain = [
  ring: Uint8Array,
  complete: boolean,
  cluster: string,
  confirmations: readonly FounderConfirmation[],
];

/** So many are remembered, the oldest are forgotten first. */
const CONFIRMATIONS_MAX = 1000;

/** Where it lies. */
export const FOUNDING_KEY = SINGLE_KEYS.ring;

interface Disk {
  readonly store: Store;
  readonly identity: Identity;
}

/**
 * What is stored; where it is none, or unconfirmed and of another list, what the list gives.
 * @throws OperatingError `founding_refused` where it is of another cluster
 */
export function readFounding({
  store,
  identity,
  proposed,
  observer,
}: Disk & { readonly proposed: Ring; readonly observer: Observer }): StoredFounding {
  // A disk that has lost its ring may still know its cluster.
  const anew = { ring: proposed, cluster: identity.clusterId, complete: false };
  const bytes = store.get(FOUNDING_KEY);
  const plain = bytes && (readStored(FOUNDING_KEY, bytes, observer) as Plain | undefined);
  if (plain === undefined) return { ...anew, confirmations: [] };
  const [encoded, complete, cluster, confirmations] = plain;
  const ring = decodeRing(encoded);
  if (complete && ring.cluster !== proposed.cluster) {
    const theirs = `the cluster ${ring.cluster} (id ${cluster})`;
    const message = `the data belongs to ${theirs}, not to ${proposed.cluster}: ${OWN_DATA}`;
    throw new OperatingError('founding_refused', message);
  }
  // An unconfirmed ring binds nobody: a list that was wrong can be put right.
  if (!complete && ring.hash !== proposed.hash) return { ...anew, confirmations };
  return { ring, cluster, complete, confirmations };
}

/** Merges the changes and writes all of it; with `complete` the disk belongs to the cluster. */
export function keepFounding(
  { store, identity }: Disk,
  before: StoredFounding,
  { confirmed, ...changes }: { cluster?: string; complete?: true; confirmed?: FounderConfirmation },
): { readonly stored: StoredFounding; readonly committed: Promise<void> } {
  const all =
    confirmed === undefined
      ? before.confirmations
      : [...before.confirmations, confirmed].slice(-CONFIRMATIONS_MAX);
  const stored: StoredFounding = { ...before, ...changes, confirmations: all };
  const { ring, complete, cluster } = stored;
  const plain: Plain = [encodeRing(ring), complete, cluster, all];
  const { committed } = store.transact(
    (transaction) => {
      transaction.put(FOUNDING_KEY, encodeStored(FOUNDING_KEY, plain));
      if (complete) identity.join(transaction, { name: ring.cluster, id: cluster });
    },
    'sync',
    'vital',
  );
  return { stored, committed };
}
