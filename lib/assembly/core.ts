/** What every part of a node builds on: its disk, the cluster as it knows it, and its messages. */
import type { Disk } from '../disk/disk.js';
import type { ForegroundLoad } from '../environment/foreground-load.js';
import type { Members } from '../membership/members.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { Lag } from '../replication/lag.js';
import type { Plans } from '../replication/plan.js';
import type { Messenger } from '../rpc/messenger.js';

/** So long may reads for repair, hints after a failure, and settings take. */
export const BACKGROUND_TIMEOUT_MILLISECONDS = 5000;

export interface NodeCore {
  readonly disk: Disk;
  readonly members: Members;
  readonly messenger: Messenger;
  readonly plans: Plans;
  readonly lag: Lag;
  readonly foreground: ForegroundLoad;
  readonly expiryClock: ExpiryClock;
}
