/** What a get and a put work with. Passed by name; nobody reaches for more. */
import type { Clock } from '../environment/clock.js';
import type { Foreground } from '../environment/foreground.js';
import type { Observer } from '../environment/observer.js';
import type { Random } from '../environment/random.js';
import type { Ring } from '../partitioning/ring.js';
import type { Audits } from '../persistence/audits.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { PartitionHealth } from '../persistence/health.js';
import type { Hints } from '../persistence/hints.js';
import type { Identity } from '../persistence/identity.js';
import type { Losses } from '../persistence/losses.js';
import type { Minter } from '../persistence/minter.js';
import type { Replica } from '../persistence/replica.js';
import type { Store } from '../persistence/store.js';
import type { KeptVersions } from '../persistence/versions.js';
import type { Messenger } from '../replication/ask.js';
import type { Hedging } from '../replication/hedging.js';
import type { Lag } from '../replication/lag.js';
import type { ClusterView } from '../replication/cluster-view.js';

export interface Collaborators {
  /** The ring of the current epoch. */
  readonly ring: () => Ring;
  readonly view: ClusterView;
  readonly messenger: Messenger;
  readonly store: Store;
  readonly replica: Replica;
  readonly minter: Minter;
  readonly health: PartitionHealth;
  readonly hints: Hints;
  readonly audits: Audits;
  readonly versions: KeptVersions;
  readonly clock: Clock;
  readonly foreground: Foreground;
  readonly lag: Lag;
  readonly hedging: Hedging;
  readonly expiryClock: ExpiryClock;
  readonly random: Random;
  readonly observer: Observer;
  /** Its start number is part of every acknowledgement. */
  readonly identity: Identity;
  /** Whose answers of earlier starts count no more. */
  readonly losses: Losses;
  /** How long those have to answer whose answers are welcome, and not needed. */
  readonly hedgeDelayMilliseconds: number;
  /** How long background work of a request (repairs, hints after a failure) may take. */
  readonly backgroundTimeoutMilliseconds: number;
  /** Background repairs under way at once; beyond them they are left to later reads. */
  readonly backgroundConcurrency: number;
}
