/** Assembles one node from an environment and options. Read it last: here everything meets. */
import { AntiEntropy } from './anti-entropy/anti-entropy.js';
import { ExchangeNow } from './anti-entropy/exchange-now.js';
import type { ApiNode } from './api/api-node.js';
import type { Collaborators } from './coordination/collaborators.js';
import { Coordinator } from './coordination/coordinator.js';
import { serveReplicas } from './coordination/replica-service.js';
import type { Environment } from './environment/environment.js';
import { Periodic } from './environment/periodic.js';
import { OperatingError } from './errors.js';
import { Handoff } from './handoff/handoff.js';
import { ClockSanity } from './membership/clock-sanity.js';
import { ClusterService } from './membership/cluster-service.js';
import { FailureDetector } from './membership/failure-detector.js';
import { Founding } from './membership/founding.js';
import { MemberGossip } from './membership/member-gossip.js';
import { Settings } from './membership/settings.js';
import type { ConsistencySettings } from './membership/settings-types.js';
import { foundRing } from './partitioning/ring-founding.js';
import { type Disk, openDisk } from './persistence/disk.js';
import type { Hints } from './persistence/hints.js';
import { Reaper } from './persistence/reaper.js';
import type { Replica } from './persistence/replica.js';
import type { Store } from './persistence/store.js';
import type { NodeLimits, NodeOptions } from './node-options.js';
import { Messenger } from './replication/ask.js';
import { Resolver } from './resolution/resolver.js';
import { ContextSeal } from './versioning/causal-context.js';

/** A node that has started. It serves once `ready` has resolved. */
export interface QuorateNode extends ApiNode {
  /** For tests and tools: the records of this node, and all else on its disk. */
  readonly replica: Replica;
  readonly hints: Hints;
  readonly disk: Disk;
  /** Resolves when the cluster is founded; rejects where the founding is refused. */
  ready(): Promise<void>;
  /** Finishes what is under way, syncs, closes. */
  stop(): Promise<void>;
}

/** So long may reads for repair, hints after a failure, and settings take. */
const BACKGROUND_TIMEOUT_MILLISECONDS = 5000;
const FOUNDING_RETRY_MILLISECONDS = 500;
/** A page of what was kept each time: room lags behind age, what is shown does not. */
const SWEEP_INTERVAL_MILLISECONDS = 5000;

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
  const memberCount = (): number => founding.ring.members.length;
  const clockSanity = new ClockSanity({ ...limits, clock, observer, memberCount });
  const disk = await openDisk({ ...environment, node: self, expiryClock: clockSanity, limits });
  const { start, replica, hints } = disk;
  const messenger = new Messenger({ transport, clock, observer, pendingMax, start });
  const members = await meet(environment, options, { ...disk, clockSanity }, messenger);
  const { founding, view, settings } = members;

  const collaborators: Collaborators = {
    ...{ ...environment, ...disk, view, messenger, expiryClock: clockSanity },
    ring: () => founding.ring,
    hedgeDelayMilliseconds: limits.hedgeDelayMilliseconds,
    backgroundTimeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
    backgroundConcurrency: limits.backgroundConcurrency,
  };
  const coordination = new Coordinator({
    collaborators,
    seal: new ContextSeal(options.secret),
    resolver: new Resolver({ clock, observer, custom: options.customResolver, ...limits }),
    defaults: () => defaultsOf(settings.values),
    isReady: () => founding.isComplete,
    ...limits,
  });
  const cluster = new ClusterService({
    ...{ ...disk, ...members, self, messenger, clock, clockSanity },
    version: options.version,
  });
  const background = backgroundOf(environment, collaborators, { disk, settings, limits });
  const { handoff, antiEntropy, exchange, reaper, keeper, sweeper } = background;
  messenger.onLink((peer, open) => {
    if (!open || !founding.isComplete) return;
    void handoff.deliverTo(peer);
    antiEntropy.meet(peer);
  });
  serveReplicas(collaborators);
  await transport.start(messenger);
  for (const part of [founding, view, handoff, antiEntropy, reaper, keeper, sweeper]) part.start();

  return {
    ...{ id: self, coordination, settings, cluster, exchange, observer, replica, hints, disk },
    handoff: handoff.control,
    ready: () => founding.done,
    async stop() {
      for (const part of [founding, view, handoff, reaper, keeper, sweeper]) await part.stop();
      const resting = antiEntropy.stop();
      messenger.stop();
      await resting;
      await transport.stop();
      await disk.clocks.persist().catch(() => undefined);
      await disk.store.close();
    },
  };
}

/** What a node does unasked: hints go out, replicas are compared, what has ended makes room. */
function backgroundOf(
  environment: Environment,
  collaborators: Collaborators,
  {
    disk,
    settings,
    limits,
  }: { readonly disk: Disk; readonly settings: Settings; readonly limits: NodeLimits },
) {
  disk.versions.follow(() => ({
    count: settings.values.versions_kept,
    seconds: settings.values.versions_kept_for_s,
  }));
  const handoff = new Handoff({
    ...{ ...collaborators, ...limits },
    isRebuilding: (partition) => disk.health.isRebuilding(partition),
    timeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  });
  const shared = { ...collaborators, ...disk, limits };
  const antiEntropy = new AntiEntropy(shared, {
    retentionMilliseconds: () => 1000 * settings.values.tombstone_retention_s,
  });
  disk.hints.onDropped((target) => {
    antiEntropy.auditSoon(target);
    if (collaborators.view.isUp(target)) antiEntropy.meet(target);
  });
  const reaper = new Reaper(shared);
  const keeper = new Periodic(environment, {
    name: 'persist clocks',
    intervalMilliseconds: limits.clockPersistIntervalMilliseconds,
    task: async () => {
      disk.health.persist();
      await disk.clocks.persist();
    },
  });
  const sweeper = new Periodic(environment, {
    name: 'sweep what was kept',
    intervalMilliseconds: SWEEP_INTERVAL_MILLISECONDS,
    task: async () => {
      await disk.versions.sweep();
      await disk.audits.sweep();
    },
  });
  const exchange = new ExchangeNow(shared, antiEntropy);
  return { handoff, antiEntropy, exchange, reaper, keeper, sweeper };
}

/** The cluster as this node knows it: its ring, its settings, and who is up. */
async function meet(
  { clock, random, transport, observer }: Environment,
  { id: self, founders, limits, consistency, ...ringOptions }: NodeOptions,
  {
    store,
    start,
    clockSanity,
  }: { readonly store: Store; readonly start: number; readonly clockSanity: ClockSanity },
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
    clockSanity,
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
    conflictResolution: values.conflict_resolution,
  };
}
