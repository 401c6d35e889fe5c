/** Assembles one node from an environment and options. Read it last: here everything meets. */
import { AntiEntropy } from './anti-entropy/anti-entropy.js';
import { ExchangeNow } from './anti-entropy/exchange-now.js';
import type { ApiNode } from './api/api-node.js';
import { assembleCoordination } from './coordination/assemble.js';
import { serveHistory } from './coordination/history-service.js';
import { serveReplicas } from './coordination/replica-service.js';
import type { Environment } from './environment/environment.js';
import { Foreground } from './environment/foreground.js';
import { Periodic } from './environment/periodic.js';
import type { NodeId } from './environment/transport.js';
import { OperatingError } from './errors.js';
import { Handoff } from './handoff/handoff.js';
import { ClockSanity } from './membership/clock-sanity.js';
import { ClusterService } from './membership/cluster-service.js';
import type { DiskCheck } from './membership/disk-check.js';
import { type Members, openMembers } from './membership/members.js';
import type { Settings } from './membership/settings.js';
import type { ConsistencySettings } from './membership/settings-types.js';
import type { Ring } from './partitioning/ring.js';
import { foundRing } from './partitioning/ring-founding.js';
import { type Disk, openDisk } from './persistence/disk.js';
import type { ExpiryClock } from './persistence/expiry-clock.js';
import type { Hints } from './persistence/hints.js';
import { Reaper } from './persistence/reaper.js';
import { leaveTicket } from './persistence/ticket.js';
import type { Replica } from './persistence/replica.js';
import type { NodeLimits, NodeOptions } from './node-options.js';
import { Messenger } from './replication/ask.js';
import { Hedging } from './replication/hedging.js';
import { Lag } from './replication/lag.js';
import type { ClusterView } from './replication/cluster-view.js';
import { Plans } from './replication/plan.js';
import { Resolver } from './resolution/resolver.js';
import { ContextSeal } from './versioning/causal-context.js';

/** A node that has started. It serves once `ready` has resolved. */
export interface QuorateNode extends ApiNode {
  /** For tests and tools: the records of this node, and all else on its disk. */
  readonly replica: Replica;
  readonly hints: Hints;
  readonly disk: Disk;
  /** How it sees the others. */
  readonly view: ClusterView;
  /**
   * Resolves when the cluster is founded and the peers that can be reached were asked about the
   * disk; rejects where the founding is refused.
   */
  ready(): Promise<void>;
  /** Resolves when the disk failed: reads go on, and this node must be made anew. */
  readonly failed: Promise<OperatingError>;
  /** Tells the peers that `stop` is near, so that nodes that stop together wait for each other. */
  announceStop(): void;
  /** Finishes what is under way, hands its writers on to the next life, syncs, closes. */
  stop(): Promise<void>;
}

/** So long may reads for repair, hints after a failure, and settings take. */
const BACKGROUND_TIMEOUT_MILLISECONDS = 5000;
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
  const { clock, transport, observer, random } = environment;
  const { id: self, limits } = options;
  const memberCount = (): number => founding.ring.members.length;
  const clockSanity = new ClockSanity({ ...limits, clock, observer, memberCount });
  const disk = await openDisk({ ...environment, node: self, expiryClock: clockSanity, limits });
  const { replica, hints, guard } = disk;
  const asking = { transport, clock, observer, random, pendingMax: limits.peerRequestsMax };
  const messenger = new Messenger(asking);
  const members = await openMembers({
    ...{ environment, self, disk, messenger, clockSanity, limits },
    proposed: proposedRing(options),
    consistency: options.consistency,
    timeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  });
  const { founding, diskCheck, diskMemory, tickets, view, settings } = members;

  const shared: Shared = {
    ring: () => founding.ring,
    ...{ view, messenger, foreground: new Foreground(), expiryClock: clockSanity },
    lag: new Lag({ self, clock, hintsFor: (node) => hints.held.get(node)?.count ?? 0 }),
  };
  const plans = new Plans({ ...shared, isBehind: shared.lag.isBehind });
  const { coordinator, writes } = coordinationOf(environment, options, {
    ...{ disk, members, shared, plans },
  });
  const cluster = new ClusterService({
    ...{ ...disk, ...members, self, messenger, plans, clock, clockSanity },
    version: options.version,
  });
  const background = backgroundOf(environment, shared, { ...members, disk, limits });
  const { handoff, antiEntropy, exchange, reaper, keeper, sweeper } = background;
  messenger.onLink((peer, open) => {
    if (open && founding.isComplete) background.meet(peer);
  });
  serveReplicas({ ...disk, ...shared, self, writes, clock, observer });
  serveHistory({ ...disk, ...shared });
  await transport.start(messenger);
  const known = [founding, diskCheck, diskMemory, tickets, view];
  const parts = [...known, handoff, reaper, keeper, guard, sweeper];
  for (const part of [...parts, antiEntropy]) part.start();

  return {
    ...{ id: self, coordination: coordinator, settings, cluster, exchange, observer, replica },
    ...{ hints, disk, view, handoff: handoff.control, foreground: shared.foreground },
    ready: async () =>
      void (await Promise.all([founding.done, diskCheck.settled, tickets.settled])),
    failed: disk.store.failed,
    announceStop: () => tickets.announceStop(),
    stop: () => stopAll({ parts, antiEntropy, messenger, tickets, transport, disk }),
  };
}

interface Running {
  readonly parts: readonly { stop(): Promise<void> }[];
  readonly antiEntropy: AntiEntropy;
  readonly messenger: Messenger;
  readonly tickets: Members['tickets'];
  readonly transport: Environment['transport'];
  readonly disk: Disk;
}

/** The ticket is the last that is written: what it hands on is all on the disk. */
async function stopAll({ parts, antiEntropy, messenger, tickets, transport, disk }: Running) {
  tickets.announceStop();
  for (const part of parts) await part.stop();
  const resting = antiEntropy.stop();
  messenger.stop();
  await resting;
  const ticket = await tickets.leave();
  await transport.stop();
  await disk.clocks.persist().catch(() => undefined);
  if (ticket !== undefined) await leaveTicket(disk.store, ticket).catch(() => undefined);
  await disk.store.close();
}

/** What reaches beyond this node's disk. */
interface Shared {
  readonly ring: () => Ring;
  readonly view: ClusterView;
  readonly messenger: Messenger;
  readonly lag: Lag;
  readonly foreground: Foreground;
  readonly expiryClock: ExpiryClock;
}

interface Coordinating {
  readonly disk: Disk;
  readonly members: Members;
  readonly shared: Shared;
  readonly plans: Plans;
}

function coordinationOf(
  environment: Environment,
  { secret, limits, customResolver: custom }: NodeOptions,
  { disk, members, shared, plans }: Coordinating,
) {
  const { clock, observer } = environment;
  const { founding, diskCheck, tickets, settings } = members;
  return assembleCoordination({
    ...{ ...environment, ...shared, ...limits, disk, plans },
    hedging: new Hedging(clock, limits.hedgeDelayMilliseconds),
    seal: new ContextSeal(secret),
    resolver: new Resolver({ clock, observer, custom, ...limits }),
    defaults: () => defaultsOf(settings.values),
    isReady: () => founding.isComplete && diskCheck.isSettled && tickets.isSettled,
    backgroundTimeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  });
}

/** What a node does unasked: hints go out, replicas are compared, what has ended makes room. */
function backgroundOf(
  environment: Environment,
  shared: Shared,
  {
    disk,
    settings,
    diskCheck,
    limits,
  }: {
    readonly disk: Disk;
    readonly settings: Settings;
    readonly diskCheck: DiskCheck;
    readonly limits: NodeLimits;
  },
) {
  disk.versions.follow(() => ({
    count: settings.values.versions_kept,
    seconds: settings.values.versions_kept_for_s,
  }));
  const handoff = new Handoff({
    ...{ ...environment, ...shared, ...disk, ...limits },
    isRebuilding: (partition) => disk.health.isRebuilding(partition),
    timeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  });
  const comparing = {
    ...{ ...environment, ...shared, ...disk, limits },
    isMet: (peer: NodeId): boolean => diskCheck.isMet(peer),
    backgroundTimeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  };
  const antiEntropy = new AntiEntropy(comparing, {
    retentionMilliseconds: () => 1000 * settings.values.tombstone_retention_s,
  });
  disk.hints.onDropped((target) => {
    antiEntropy.auditSoon(target);
    if (shared.view.isUp(target)) antiEntropy.meet(target);
  });
  const reaper = new Reaper(comparing);
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
  const exchange = new ExchangeNow(comparing, antiEntropy);
  const meet = (peer: NodeId): void => {
    void handoff.deliverTo(peer);
    antiEntropy.meet(peer);
  };
  return { handoff, antiEntropy, exchange, reaper, keeper, sweeper, meet };
}

/** @throws OperatingError `invalid_request` where the list does not name this node */
function proposedRing({ id: self, founders, ...ringOptions }: NodeOptions): Ring {
  if (!founders.some(({ id }) => id === self)) {
    throw new OperatingError('invalid_request', `the list of founders does not name ${self}`, {
      details: { field: 'initialCluster' },
    });
  }
  return foundRing({ ...ringOptions, members: founders });
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
