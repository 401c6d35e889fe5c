/** Assembles one node from an environment and options. Read it last: here everything meets. */
import type { ApiNode } from './api/api-node.js';
import type { Collaborators } from './coordination/collaborators.js';
import { Coordinator } from './coordination/coordinator.js';
import { serveReplicas } from './coordination/replica-service.js';
import type { Environment } from './environment/environment.js';
import { Periodic } from './environment/periodic.js';
import { OperatingError } from './errors.js';
import { HintedHandoff } from './handoff/hinted-handoff.js';
import { ClusterService } from './membership/cluster-service.js';
import { FailureDetector } from './membership/failure-detector.js';
import { Founding } from './membership/founding.js';
import { Settings } from './membership/settings.js';
import type { ConsistencySettings } from './membership/settings-types.js';
import type { RingMember } from './partitioning/ring.js';
import { foundRing } from './partitioning/ring-founding.js';
import { Hints } from './persistence/hints.js';
import { countStart } from './persistence/identity.js';
import { Minter } from './persistence/minter.js';
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
export interface NodeLimits {
  readonly timeoutDefaultMilliseconds: number;
  readonly timeoutMaxMilliseconds: number;
  readonly keyBytesMax: number;
  readonly valueBytesMax: number;
  readonly contextBytesMax: number;
  readonly recordBytesMax: number;
  readonly hedgeDelayMilliseconds: number;
  /** Peer requests of this node that may wait for answers. */
  readonly peerRequestsMax: number;
  readonly heartbeatIntervalMilliseconds: number;
  readonly heartbeatsMissedSuspect: number;
  readonly heartbeatsMissedDead: number;
  readonly storageQueueBytesMax: number;
  readonly recordCacheBytesMax: number;
  readonly clockPersistIntervalMilliseconds: number;
  readonly hintsBytesMax: number;
  readonly hintBatchSize: number;
  readonly hintRetryIntervalMilliseconds: number;
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
  const { clock, random, storage, transport, observer } = environment;
  const { id: self, limits } = options;
  const member = options.founders.find(({ id }) => id === self);
  if (member === undefined) {
    throw new OperatingError('invalid_request', `the list of founders does not name ${self}`, {
      details: { field: 'initialCluster' },
    });
  }
  const store = new Store({ storage, observer, queueBytesMax: limits.storageQueueBytesMax });
  const start = await countStart(store, self);
  const messenger = new Messenger({
    transport,
    clock,
    observer,
    pendingMax: limits.peerRequestsMax,
  });
  const founding = await Founding.open({
    ...{ self, store, messenger, clock, random, observer },
    proposed: foundRing({ ...options, members: options.founders }),
    retryIntervalMilliseconds: FOUNDING_RETRY_MILLISECONDS,
  });
  const { ring } = founding;
  const peers = ring.members.filter(({ id }) => id !== self);
  const view = new FailureDetector({
    ...{ self, messenger, transport, clock, random, observer, ...limits },
    zone: member.zone,
    peers: peers.map(({ id }) => id),
  });
  const settings = new Settings({
    ...{ self, store, messenger, clock, observer },
    members: ring.members.map(({ id }) => id),
    initial: options.consistency,
    timeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  });
  const minter = new Minter({ node: self, start, random });
  const hybridClock = new HybridClock(clock);
  const records = { store, clock, hybridClock, minter, observer };
  const replica = await Replica.open({
    ...records,
    cacheBytesMax: limits.recordCacheBytesMax,
    contextBytesMax: limits.contextBytesMax,
    recordBytesMax: limits.recordBytesMax,
  });
  const hints = await Hints.open({
    ...records,
    partitionCount: ring.partitionCount,
    bytesMax: limits.hintsBytesMax,
  });
  const collaborators: Collaborators = {
    ...{ view, messenger, store, replica, hints, clock, random, observer, start },
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
  const handoff = new HintedHandoff({
    ...{ hints, messenger, view, clock, random, observer },
    batchSize: limits.hintBatchSize,
    retryIntervalMilliseconds: limits.hintRetryIntervalMilliseconds,
    timeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  });
  const cluster = new ClusterService({
    ...{ self, start, founding, view, settings, hints, store, messenger, clock },
    version: options.version,
  });
  const clockKeeper = new Periodic(environment, {
    name: 'persist clocks',
    intervalMilliseconds: limits.clockPersistIntervalMilliseconds,
    task: () => replica.persistClocks(),
  });

  messenger.setGossip({
    get epoch() {
      return founding.isComplete ? founding.ring.epoch : 0;
    },
    get settingsHash() {
      return settings.hash;
    },
    reconcile: async (from, epoch, settingsHash) => {
      const mine = founding.isComplete ? founding.ring.epoch : 0;
      if (epoch !== mine) {
        observer.count('quorate_filtered_epochs_total');
        throw new OperatingError('wrong_epoch', `the ring epoch here is ${mine}, not ${epoch}`);
      }
      await settings.reconcile(from, settingsHash);
    },
  });
  messenger.onLink((peer, open) => {
    if (open && founding.isComplete) void handoff.deliverTo(peer);
  });
  serveReplicas(collaborators);
  transport.setPeers(peers.map(({ id, address }) => ({ id, address })));
  await transport.start(messenger);
  founding.start();
  view.start();
  handoff.start();
  clockKeeper.start();

  return {
    ...{ id: self, coordination, settings, cluster, observer, replica, hints },
    ready: () => founding.done,
    async stop() {
      await founding.stop();
      await view.stop();
      await handoff.stop();
      await clockKeeper.stop();
      messenger.stop();
      await transport.stop();
      await replica.persistClocks().catch(() => undefined);
      await store.close();
    },
  };
}

function defaultsOf(values: ConsistencySettings) {
  return {
    readLevel: values.default_level,
    writeLevel: values.default_write_level,
    readRepairProbability: values.read_repair_probability,
    blindWrites: values.blind_writes,
  };
}
