/** Assembles one node from an environment and options. Read it last: here everything meets. */
import type { ApiNode } from './api/api-node.js';
import type { Collaborators } from './coordination/collaborators.js';
import { Coordinator } from './coordination/coordinator.js';
import { serveReplicas } from './coordination/replica-service.js';
import type { Environment } from './environment/environment.js';
import { Periodic } from './environment/periodic.js';
import { OperatingError } from './errors.js';
import { Handoff, type HandoffLimits } from './handoff/handoff.js';
import { ClusterService } from './membership/cluster-service.js';
import { FailureDetector } from './membership/failure-detector.js';
import { Founding } from './membership/founding.js';
import { MemberGossip } from './membership/member-gossip.js';
import { Settings } from './membership/settings.js';
import type { ConsistencySettings } from './membership/settings-types.js';
import type { RingMember } from './partitioning/ring.js';
import { foundRing } from './partitioning/ring-founding.js';
import { Hints } from './persistence/hints.js';
import { countStart } from './persistence/identity.js';
import { Minter } from './persistence/minter.js';
import { PartitionClocks } from './persistence/partition-clocks.js';
import { Replica } from './persistence/replica.js';
import { Store } from './persistence/store.js';
import { Messenger } from './replication/ask.js';
import { ContextSeal } from './versioning/causal-context.js';
import { HybridClock } from './versioning/hybrid-clock.js';

export interface NodeOptions {
  readonly id: string;
  /** Of this software: what status reports. */
  readonly version: string;
  /** Name of the cluster: part of the ring's identity. */
  readonly cluster: string;
  readonly partitionCount: number;
  readonly replicaCount: number;
  /** The founders, this node among them: the same explicit list at every founder. */
  readonly founders: readonly RingMember[];
  /** The cluster's secret, at least 32 bytes. */
  readonly secret: Uint8Array;
  /** What the cluster's settings are until somebody changes them. */
  readonly consistency: ConsistencySettings;
  readonly limits: NodeLimits;
}

/** Sizes in bytes, times in milliseconds; defaults and reasons in config/. */
export interface NodeLimits extends HandoffLimits {
  readonly timeoutDefaultMilliseconds: number;
  readonly timeoutMaxMilliseconds: number;
  readonly keyBytesMax: number;
  readonly valueBytesMax: number;
  readonly contextBytesMax: number;
  readonly recordBytesMax: number;
  readonly hedgeDelayMilliseconds: number;
  /** Requests of this node that may wait for one peer. */
  readonly peerRequestsMax: number;
  readonly heartbeatIntervalMilliseconds: number;
  readonly heartbeatsMissedSuspect: number;
  readonly heartbeatsMissedDead: number;
  readonly storageQueueBytesMax: number;
  readonly recordCacheBytesMax: number;
  readonly clockPersistIntervalMilliseconds: number;
  readonly backgroundConcurrency: number;
}

/** A node that has started. It serves once `ready` has resolved. */
export interface QuorateNode extends ApiNode {
  /** For tests and tools: the records of this node. */
  readonly replica: Replica;
  readonly hints: Hints;
  /** Resolves when the cluster is founded; rejects where the founding is refused. */
  ready(): Promise<void>;
  /** Finishes what is under way, syncs, closes. */
  stop(): Promise<void>;
}

/** So long may reads for repair, hints after a failure, and settings take. */
const BACKGROUND_TIMEOUT_MILLISECONDS = 5000;
const FOUNDING_RETRY_MILLISECONDS = 500;

/**
 * Loads what is stored, opens the peer links, and returns before the cluster is founded.
 * @throws OperatingError `founding_refused`, `storage_failed`, `invalid_request` (a bad list)
 */
export async function createNode(
  environment: Environment,
  options: NodeOptions,
): Promise<QuorateNode> {
  const { clock, transport, observer } = environment;
  const { id: self, limits } = options;
  const { peerRequestsMax: pendingMax } = limits;
  const disk = await openDisk(environment, options);
  const { start, replica, hints } = disk;
  const messenger = new Messenger({ transport, clock, observer, pendingMax, start });
  const members = await meet(environment, options, disk, messenger);
  const { founding, view, settings } = members;

  const collaborators: Collaborators = {
    ...{ ...environment, ...disk, view, messenger },
    ring: () => founding.ring,
    hedgeDelayMilliseconds: limits.hedgeDelayMilliseconds,
    backgroundTimeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
    backgroundConcurrency: limits.backgroundConcurrency,
  };
  const coordination = new Coordinator({
    collaborators,
    seal: new ContextSeal(options.secret),
    defaults: () => defaultsOf(settings.values),
    isReady: () => founding.isComplete,
    ...limits,
  });
  const handoff = new Handoff({
    ...{ ...collaborators, ...limits },
    isRebuilding: () => false,
    timeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  });
  const cluster = new ClusterService({
    ...{ ...disk, ...members, self, messenger, clock },
    version: options.version,
  });
  const task = (): Promise<void> => disk.clocks.persist();
  const intervalMilliseconds = limits.clockPersistIntervalMilliseconds;
  const keeper = new Periodic(environment, { name: 'persist clocks', intervalMilliseconds, task });

  messenger.onLink((peer, open) => {
    if (open && founding.isComplete) void handoff.deliverTo(peer);
  });
  serveReplicas(collaborators);
  await transport.start(messenger);
  for (const part of [founding, view, handoff, keeper]) part.start();

  return {
    ...{ id: self, coordination, settings, cluster, observer, replica, hints },
    handoff: handoff.control,
    ready: () => founding.done,
    async stop() {
      for (const part of [founding, view, handoff, keeper]) await part.stop();
      messenger.stop();
      await transport.stop();
      await disk.clocks.persist().catch(() => undefined);
      await disk.store.close();
    },
  };
}

/** Everything that lives on this node's disk. */
async function openDisk({ storage, clock, random, observer }: Environment, options: NodeOptions) {
  const { id, limits } = options;
  const store = new Store({ storage, observer, queueBytesMax: limits.storageQueueBytesMax });
  const start = await countStart(store, id);
  const clocks = await PartitionClocks.open(store);
  const minter = new Minter({ node: id, start, random });
  const records = { store, clock, hybridClock: new HybridClock(clock), minter, observer };
  const replica = new Replica({
    ...{ ...records, ...limits, clocks },
    cacheBytesMax: limits.recordCacheBytesMax,
  });
  const hints = await Hints.open({ ...records, ...limits });
  return { store, start, clocks, replica, hints };
}

/** The cluster as this node knows it: its ring, its settings, and who is up. */
async function meet(
  { clock, random, transport, observer }: Environment,
  { id: self, founders, limits, consistency, ...ringOptions }: NodeOptions,
  { store, start }: { readonly store: Store; readonly start: number },
  messenger: Messenger,
) {
  if (!founders.some(({ id }) => id === self)) {
    throw new OperatingError('invalid_request', `the list of founders does not name ${self}`, {
      details: { field: 'initialCluster' },
    });
  }
  const founding = await Founding.open({
    ...{ self, store, messenger, clock, random, observer },
    proposed: foundRing({ ...ringOptions, members: founders }),
    retryIntervalMilliseconds: FOUNDING_RETRY_MILLISECONDS,
  });
  const { members: stored } = founding.ring;
  const members = stored.map(({ id }) => id);
  transport.setPeers(stored.filter(({ id }) => id !== self));
  const view = new FailureDetector({
    ...{ self, start, store, messenger, transport, clock, random, observer, ...limits },
    zone: stored.find(({ id }) => id === self)?.zone ?? '',
    peers: members.filter((id) => id !== self),
  });
  const settings = new Settings({
    ...{ self, store, messenger, clock, observer, members },
    initial: consistency,
    timeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  });
  messenger.setGossip(new MemberGossip(founding, settings, observer));
  return { founding, view, settings };
}

function defaultsOf(values: ConsistencySettings) {
  return {
    readLevel: values.default_level,
    writeLevel: values.default_write_level,
    readRepairProbability: values.read_repair_probability,
    blindWrites: values.blind_writes,
  };
}
