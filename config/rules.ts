/** What must hold between settings, whichever source each came from. */
import { ringGroup } from './groups/ring.js';
import type { SettingName, Settings } from './schema.js';

interface Rule {
  /** The settings that it binds; the first is the one that the message begins with. */
  readonly settings: readonly [SettingName, ...SettingName[]];
  holds(settings: Settings): boolean;
  /** Completes "<first setting> must ...". */
  readonly says: string;
}

/**
 * Room of the engine: its log, the log before, both sorted, and the tables that they are sorted
 * into; a quarter of it is left to what shrinks the store.
 */
const RESERVE_WRITE_BUFFERS = 8;

export const RULES: readonly Rule[] = [
  {
    settings: ['requests.timeoutDefaultMilliseconds', 'requests.timeoutMaxMilliseconds'],
    holds: ({ requests }) => requests.timeoutDefaultMilliseconds <= requests.timeoutMaxMilliseconds,
    says: 'not be above requests.timeoutMaxMilliseconds',
  },
  {
    settings: ['peers.heartbeatsMissedSuspect', 'peers.heartbeatsMissedDead'],
    holds: ({ peers }) => peers.heartbeatsMissedSuspect < peers.heartbeatsMissedDead,
    says: 'be below peers.heartbeatsMissedDead',
  },
  {
    settings: ['peers.reconnectDelayMinMilliseconds', 'peers.reconnectDelayMaxMilliseconds'],
    holds: ({ peers }) =>
      peers.reconnectDelayMinMilliseconds <= peers.reconnectDelayMaxMilliseconds,
    says: 'not be above peers.reconnectDelayMaxMilliseconds',
  },
  {
    settings: ['peers.frameBytesMax', 'requests.valueBytesMax'],
    holds: ({ peers, requests }) => peers.frameBytesMax >= 4 * requests.valueBytesMax,
    says: 'hold at least four values of requests.valueBytesMax: siblings travel whole',
  },
  {
    settings: ['resolution.auditBytesMax', 'peers.frameBytesMax'],
    holds: ({ resolution, peers }) => resolution.auditBytesMax <= 8 * peers.frameBytesMax,
    says: 'fit into eight frames of peers.frameBytesMax: the entries of a key are one message',
  },
  {
    settings: ['peers.linkQueueBytesMax', 'peers.frameBytesMax'],
    holds: ({ peers }) => peers.linkQueueBytesMax >= peers.frameBytesMax,
    says: 'hold at least one frame of peers.frameBytesMax',
  },
  {
    settings: [
      'requests.requestBytesInFlightMax',
      'requests.valueBytesMax',
      'requests.batchBytesMax',
    ],
    holds: ({ requests }) =>
      requests.requestBytesInFlightMax >= Math.max(requests.valueBytesMax, requests.batchBytesMax),
    says: 'hold a value of requests.valueBytesMax and a batch of requests.batchBytesMax',
  },
  {
    settings: ['requests.answerBytesInFlightMax', 'requests.batchBytesMax', 'peers.frameBytesMax'],
    holds: ({ requests, peers }) =>
      requests.answerBytesInFlightMax >= 2 * Math.max(requests.batchBytesMax, peers.frameBytesMax),
    says: 'hold two batches of requests.batchBytesMax, and two frames of peers.frameBytesMax',
  },
  {
    settings: ['storage.reserveBytes', 'storage.writeBufferBytes'],
    holds: ({ storage }) =>
      storage.reserveBytes >= RESERVE_WRITE_BUFFERS * storage.writeBufferBytes,
    says:
      `be at least ${RESERVE_WRITE_BUFFERS} times storage.writeBufferBytes: the engine sorts its ` +
      'files in it, and a disk that is full takes no writes',
  },
  {
    settings: ['requests.contextBytesMax', 'http.headerBytesMax'],
    // In a header it is text, four characters for three bytes. Each owner may have brought a key
    // to the limit, with writers of its own: what they merge into is handed out, too.
    holds: ({ requests, http }) =>
      requests.contextBytesMax * 1.5 * (ringGroup.replicas.maximum + 1) < http.headerBytesMax,
    says: 'be less than a fifteenth of http.headerBytesMax: that holds the contexts of nine owners',
  },
  {
    settings: ['node.peerListen', 'node.listen'],
    holds: ({ node }) => node.peerListen !== node.listen || node.listen.endsWith(':0'),
    says: 'be another address than node.listen',
  },
  {
    settings: ['admin.listen', 'node.listen', 'node.peerListen'],
    holds: ({ admin, node }) =>
      admin.listen.endsWith(':0') || ![node.listen, node.peerListen].includes(admin.listen),
    says: 'be another address than node.listen and node.peerListen',
  },
  {
    settings: ['node.join', 'node.initialCluster'],
    holds: ({ node }) => node.join.length === 0 || node.initialCluster.length === 0,
    says: 'not be given beside node.initialCluster: a node founds, or it joins',
  },
];
