/** Settings, checked each by itself, become the options of a node, checked against each other. */
import { isIP } from 'node:net';
import type { Settings } from '../../config/schema.js';
import { SETTINGS } from '../../config/schema.js';
import type { ListedFounder } from '../../config/setting.js';
import { OperatingError } from '../../lib/errors.js';
import type { Founder as FoundingMember, NodeOptions } from '../../lib/node-options.js';

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** What a client may write; merges of many sides may be larger (`MESSAGE_FRAMES_MAX`). */
const RECORD_SHARE_OF_FRAME = 0.3;
/** A page of records, and a batch of hints, fit a frame, whatever their keys are written in. */
const BATCH_SHARE_OF_FRAME = 0.25;
/** Each client request may wait for a peer some times; the rest is for background work. */
const PEER_REQUESTS_A_REQUEST = 4;
const BACKGROUND_PEER_REQUESTS = 4096;

/** @throws OperatingError `invalid_request`; `not_implemented` where the node is to join a ring */
export function nodeOptionsOf(
  settings: Settings,
  given: Pick<NodeOptions, 'secret' | 'version' | 'customResolver'>,
): NodeOptions {
  const { node, ring, resolution, requests, peers, storage, handoff } = settings;
  return {
    ...given,
    id: node.id,
    clientAddress: isWildcard(addressOf(node.listen).host) ? undefined : node.listen,
    cluster: node.clusterName,
    partitionCount: ring.partitions,
    replicaCount: ring.replicas,
    founders: node.initialCluster.map(memberOf),
    consistency: initialSettings(settings),
    limits: {
      timeoutDefaultMilliseconds: requests.timeoutDefaultMilliseconds,
      timeoutMaxMilliseconds: requests.timeoutMaxMilliseconds,
      keyBytesMax: requests.keyBytesMax,
      operationRetentionMilliseconds: 1000 * requests.operationRetentionSeconds,
      valueBytesMax: requests.valueBytesMax,
      contextBytesMax: requests.contextBytesMax,
      recordBytesMax: Math.floor(peers.frameBytesMax * RECORD_SHARE_OF_FRAME),
      hedgeDelayMilliseconds: requests.hedgeDelayMilliseconds,
      peerRequestsMax:
        PEER_REQUESTS_A_REQUEST * requests.requestsInFlightMax + BACKGROUND_PEER_REQUESTS,
      heartbeatIntervalMilliseconds: peers.heartbeatIntervalMilliseconds,
      heartbeatsMissedSuspect: peers.heartbeatsMissedSuspect,
      heartbeatsMissedDead: peers.heartbeatsMissedDead,
      storageQueueBytesMax: storage.queueBytesMax,
      storageReserveBytes: storage.reserveBytes,
      recordCacheBytesMax: storage.recordCacheBytes,
      customTimeMaxMilliseconds: resolution.customTimeMaxMilliseconds,
      auditBytesMax: resolution.auditBytesMax,
      auditRetentionMilliseconds: resolution.auditRetentionMilliseconds,
      versionsBytesMax: resolution.versionsBytesMax,
      clockPersistIntervalMilliseconds: storage.clockPersistIntervalMilliseconds,
      ...handoff,
      hintBatchBytesMax: Math.min(
        handoff.hintBatchBytesMax,
        peers.frameBytesMax * BATCH_SHARE_OF_FRAME,
      ),
      backgroundConcurrency: settings.background.backgroundConcurrency,
      ...settings.expiry,
      ...settings.antiEntropy,
      pageBytesMax: Math.min(
        settings.antiEntropy.pageBytesMax,
        peers.frameBytesMax * BATCH_SHARE_OF_FRAME,
      ),
    },
  };
}

/** What the settings of a cluster are until somebody changes them. */
function initialSettings({ consistency, rateLimit }: Settings): NodeOptions['consistency'] {
  return {
    default_level: consistency.defaultLevel,
    default_write_level: consistency.defaultWriteLevel,
    read_repair_probability: consistency.readRepairProbability,
    blind_writes: consistency.blindWrites,
    tombstone_retention_s: consistency.tombstoneRetentionSeconds,
    conflict_resolution: consistency.conflictResolution,
    versions_kept: consistency.versionsKept,
    versions_kept_for_s: consistency.versionsKeptForSeconds,
    rate_limit_max: rateLimit.max,
    rate_limit_window: `${rateLimit.windowSeconds}s`,
  };
}

/** What must hold before anything is opened. @throws as `nodeOptionsOf` */
export function checkNodeSettings({ node, http, admin }: Settings): void {
  if (node.join.length > 0) {
    throw new OperatingError(
      'not_implemented',
      '--join: changing the ring is not in this version; found a cluster with --initial-cluster',
    );
  }
  if (node.id === '') throw wrong('--id is needed: the name of this node');
  if (node.secretFile === '') {
    throw wrong('--secret-file is needed: a node without the secret of its cluster does not start');
  }
  if (node.initialCluster.length === 0) {
    throw wrong('--initial-cluster is needed: the same list of id=host:port at every founder');
  }
  checkOwnEntry(node);
  if (!isLoopback(addressOf(node.listen).host) && !http.unsafeListen) {
    throw wrong(
      `--listen ${node.listen} lets anybody who reaches it read and write: this version has no ` +
        'credentials. Listen on loopback, or say --http-unsafe-listen',
    );
  }
  if (admin.listen === '' || http.unsafeListen) return;
  if (!isLoopback(addressOf(admin.listen).host)) {
    throw wrong(
      `--admin-listen ${admin.listen} lets anybody who reaches it read all keys: this version ` +
        'has no credentials. Listen on loopback, or say --http-unsafe-listen',
    );
  }
}

/** The others read zone and weight in the list; a flag of this node alone founds another ring. */
function checkOwnEntry({ id, initialCluster, zone, weight }: Settings['node']): void {
  const own = initialCluster.find((founder) => founder.id === id);
  if (own === undefined) throw wrong(`--initial-cluster does not name ${id}`);
  const member = memberOf(own);
  const flags = { zone, weight };
  for (const name of ['zone', 'weight'] as const) {
    const isDefault = flags[name] === SETTINGS.node[name].default;
    if (isDefault || flags[name] === member[name]) continue;
    throw wrong(
      `--${name} ${flags[name]} is not what --initial-cluster says of ${id}; ` +
        `write ${id}=${own.address};${name}=${flags[name]} in the list of every founder`,
    );
  }
}

/** Every address of this machine: none that others could call. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === 'localhost' || host === '::1';
}

export function addressOf(text: string): HostAndPort {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(text.slice(colon + 1)) };
}

function memberOf({ id, address, zone, weight }: ListedFounder): FoundingMember {
  return {
    id,
    address,
    zone: zone ?? SETTINGS.node.zone.default,
    weight: weight ?? SETTINGS.node.weight.default,
  };
}

function wrong(message: string): OperatingError {
  return new OperatingError('invalid_request', message);
}
