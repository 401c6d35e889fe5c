/** What a founding is given. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { Random } from '../environment/random.js';
import type { NodeId, Transport } from '../environment/transport.js';
import type { Ring } from '../partitioning/ring.js';
import type { Identity } from '../replica/identity.js';
import type { Store } from '../persistence/store.js';
import type { Messenger } from '../rpc/messenger.js';

export interface FoundingOptions {
  readonly self: NodeId;
  readonly store: Store;
  readonly identity: Identity;
  readonly messenger: Messenger;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  /** The ring that this node's own list gives. */
  readonly proposed: Ring;
  readonly retryIntervalMilliseconds: number;
  /** Others serve this ring, and this disk knew nothing of it. Resolves when that is on record. */
  readonly onWiped: () => Promise<void>;
}
