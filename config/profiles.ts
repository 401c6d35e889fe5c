/** Sets of defaults by distance between the nodes. The table's own defaults are those of `lan`. */
import type { Settings, SettingName } from './schema.js';

export type ProfileName = Settings['node']['profile'];

type Profile = Partial<Record<SettingName, string | number | boolean>>;

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  /** Several nodes on one machine: quick to notice, modest with memory. */
  local: {
    'peers.reconnectDelayMaxMilliseconds': 500,
    'storage.engineCacheBytes': '16MiB',
  },
  lan: {},
  /** Sites with 100 ms and more between them: patient, and with longer queues. */
  wan: {
    'requests.timeoutDefaultMilliseconds': '10s',
    'requests.hedgeDelayMilliseconds': 400,
    'peers.heartbeatIntervalMilliseconds': '1s',
    'peers.heartbeatsMissedSuspect': 5,
    'peers.heartbeatsMissedDead': 10,
    'peers.linkQueueBytesMax': '64MiB',
    'peers.reconnectDelayMinMilliseconds': 200,
    'peers.reconnectDelayMaxMilliseconds': '5s',
    'handoff.hintsBytesMax': '1GiB',
    'handoff.hintsTargetBytesMax': '512MiB',
    'handoff.hintBatchSize': 256,
  },
};
