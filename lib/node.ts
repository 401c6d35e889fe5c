/** Assembles one node from an environment and options. Read it last: every part is used here. */
import type { AntiEntropy } from './anti-entropy/anti-entropy.js';
import { type AntiEntropyAssembly, assembleAntiEntropy } from './anti-entropy/assemble.js';
import type { ApiNode } from './api/api-node.js';
import { assembleCoordination, serveCoordinators } from './coordination/assemble.js';
import type { Proposers } from './coordination/proposers.js';
import { ListCursors } from './coordination/list-cursor.js';
import type { Environment } from './environment/environment.js';
import { EventLog } from './environment/event-log.js';
import { ForegroundLoad } from './environment/foreground-load.js';
import type { NodeId } from './environment/transport.js';
import type { OperatingError } from './errors.js';
import { Handoff } from './hints/handoff.js';
import { ClockSanity } from './membership/clock-sanity.js';
import { ClusterService } from './membership/cluster-service.js';
import type { DiskCheck } from './membership/disk-check.js';
import { NamespacedCoordination } from './membership/namespaced-coordination.js';
import { Namespaces } from './membership/namespaces.js';
import { EventsService } from './membership/events.js';
import { StateGauges } from './membership/state-gauges.js';
import { type Members, openMembers } from './membership/members.js';
import { receiverOf } from './membership/receiver.js';
import { requestDefaults } from './membership/request-defaults.js';
import type { SettingsRegister } from './membership/settings-register.js';
import type { Ownership } from './partitioning/ownership.js';
import { proposedRing } from './partitioning/ring-founding.js';
import { type Disk, openDisk } from './disk/disk.js';
import type { ExpiryClock } from './persistence/expiry-clock.js';
import type { Hints } from './hints/hints.js';
import { Reaper } from './replica/reaper.js';
import { upkeepOf } from './disk/upkeep.js';
import { leaveTicket } from './replica/ticket.js';
import type { Replica } from './replica/replica.js';
import type { NodeLimits, NodeOptions } from './node-options.js';
import { Messenger } from './rpc/messenger.js';
import { Hedging } from './replication/hedging.js';
import { Lag } from './replication/lag.js';
import type { ClusterView } from './replication/cluster-view.js';
import { Plans } from './replication/plan.js';
import { Resolver } from './resolution/resolver.js';
import { ContextSeal } from './versioning/causal-context.js';
import { SessionSeal } from './versioning/session-seal.js';

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
  /** Resolves where this node must not run: its disk is of another cluster, or its id is taken. */
  readonly refused: Promise<OperatingError>;
  /** Tells the peers that `stop` is near, so that nodes that stop together wait for each other. */
  announceStop(): void;
  /** Finishes what is under way, hands its writers on to the next life, syncs, closes. */
  stop(): Promise<void>;
}

/** So long may reads for repair, hints after a failure, and settings take. */
const BACKGROUND_TIMEOUT_MILLISECONDS = 5000;

/**
 * Loads what is stored, opens the peer links, and returns before the cluster is founded.
 * @throws OperatingError `founding_refused`, `storage_failed`, `invalid_request` (a bad list)
 */
export function createNode(environment: Environment, options: NodeOptions): Promise<QuorateNode> {
  const observer = new EventLog(environment.observer, environment.clock);
  return assembleNode({ ...environment, observer }, options);
}

/** What is logged is remembered, too. */
interface NodeEnvironment extends Environment {
  readonly observer: EventLog;
}

async function assembleNode(
  environment: NodeEnvironment,
  options: NodeOptions,
): Promise<QuorateNode> {
  const { clock, transport, observer } = environment;
  const { id: self, limits } = options;
  const memberCount = (): number => ownership.members.length;
  const clockSanity = new ClockSanity({ ...limits, clock, observer, memberCount });
  const disk = await openDisk({
    ...{ ...environment, node: self, clusterName: options.cluster, limits },
    expiryClock: clockSanity,
    partitionCount: () => ownership.partitionCount,
  });
  const { replica, hints } = disk;
  const messenger = new Messenger({ ...environment, pendingMax: limits.peerRequestsMax });
  const members = await openMembers({
    ...{ environment, self, disk, messenger, clockSanity, limits },
    proposed: proposedRing(self, { ...options, members: options.founders }),
    founders: options.founders,
    consistency: options.consistency,
    timeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  });
  members.serve();
  const { ownership, founding, admission, diskCheck, diskMemory, tickets } = members;
  const { view, settings } = members;
  const shared: Shared = {
    ...{ ownership, view, messenger, foreground: new ForegroundLoad(), expiryClock: clockSanity },
    lag: new Lag({ self, clock, hintsFor: (node) => hints.held.get(node)?.count ?? 0 }),
  };
  const plans = new Plans({ ...shared, isBehind: shared.lag.isBehind });
  const parted = coordinationOf(environment, options, { disk, members, shared, plans });
  const { coordination, namespaces, proposers, stable } = parted;
  const background = backgroundOf(environment, shared, { ...members, ...parted, disk, limits });
  const { handoff, antiEntropy, exchange, convergence } = background;
  const reporting = { disk, members, shared, plans, clockSanity, antiEntropy };
  const { cluster, events, gauges } = reportsOf(environment, options, reporting);
  messenger.onLink((peer, open) => {
    if (open && founding.isComplete) background.meet(peer);
  });
  for (const part of [background, cluster, events, stable]) part.serve(messenger);
  serveCoordinators({ ...disk, ...shared, ...parted, ...limits, self, clock, observer });
  await transport.start(receiverOf(admission, messenger));
  const known = [founding, admission, diskCheck, diskMemory, tickets, view, settings];
  const parts = [...known, ...background.parts];
  for (const part of [...parts, antiEntropy]) part.start();

  return {
    ...{ id: self, coordination, keyLists: coordination, namespaces, settings, cluster, exchange },
    ...{ convergence, events, observer, replica, hints, disk, view, gauges },
    ...{ handoff: handoff.control, foreground: shared.foreground },
    ready: () => orRefused([founding.done, diskCheck.settled, tickets.settled], admission.ended),
    refused: admission.ended,
    failed: disk.store.failed,
    announceStop: () => tickets.announceStop(),
    stop: () =>
      stopAll({ ...{ parts, antiEntropy, messenger, tickets, transport, disk }, proposers }),
  };
}

/** What a node tells of itself and of its cluster. */
function reportsOf(
  { clock, observer, storage }: NodeEnvironment,
  { id: self, version, clientAddress, limits }: NodeOptions,
  { disk, members, shared, plans, clockSanity, antiEntropy }: Reporting,
) {
  const { messenger, ownership } = shared;
  const gauges = new StateGauges({
    ...{ ...shared, view: members.view, disk, plans, clock, observer, storage, version, limits },
    owesSince: (peer) => antiEntropy.owesSince(peer),
  });
  const cluster = new ClusterService({
    ...{ ...disk, ...members, self, messenger, plans, clock, clockSanity },
    ...{ version, clientAddress, stored: () => gauges.stored() },
  });
  const events = new EventsService({
    ...{ ownership, log: observer, messenger, clock },
    pageBytesMax: limits.pageBytesMax,
  });
  return { cluster, events, gauges };
}

async function orRefused(ready: Promise<unknown>[], ended: Promise<OperatingError>): Promise<void> {
  const refusal = ended.then((error) => Promise.reject(error));
  await Promise.race([Promise.all(ready), refusal]);
}

interface Running {
  readonly proposers: Pick<Proposers, 'stop'>;
  readonly parts: readonly { stop(): Promise<void> }[];
  readonly antiEntropy: AntiEntropy;
  readonly messenger: Messenger;
  readonly tickets: Members['tickets'];
  readonly transport: Environment['transport'];
  readonly disk: Disk;
}

/** The ticket is the last that is written: what it hands on is all on the disk. */
async function stopAll(running: Running) {
  const { proposers, parts, antiEntropy, messenger, tickets, transport, disk } = running;
  tickets.announceStop();
  proposers.stop();
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
  readonly ownership: Ownership;
  readonly view: ClusterView;
  readonly messenger: Messenger;
  readonly lag: Lag;
  readonly foreground: ForegroundLoad;
  readonly expiryClock: ExpiryClock;
}

interface Coordinating {
  readonly disk: Disk;
  readonly members: Members;
  readonly shared: Shared;
  readonly plans: Plans;
}

interface Reporting extends Coordinating {
  readonly clockSanity: ClockSanity;
  readonly antiEntropy: AntiEntropy;
}

function coordinationOf(
  environment: Environment,
  { secret, limits, customResolver: custom, sessionTokenCharactersMax }: NodeOptions,
  { disk, members, shared, plans }: Coordinating,
) {
  const { clock, observer } = environment;
  const { founding, admission, diskCheck, tickets, settings } = members;
  const defaults = requestDefaults(settings);
  const { coordinator, keyLists, ...parts } = assembleCoordination({
    ...{ ...environment, ...shared, ...limits, disk, plans, defaults },
    hedging: new Hedging(clock, limits.hedgeDelayMilliseconds),
    seal: new ContextSeal(secret, () => founding.clusterId),
    sessionSeal: new SessionSeal(secret, () => founding.clusterId, sessionTokenCharactersMax),
    cursors: new ListCursors(secret, () => founding.clusterId),
    resolver: new Resolver({ clock, observer, custom, ...limits }),
    isReady: () =>
      founding.isComplete &&
      diskCheck.isSettled &&
      tickets.isSettled &&
      admission.waitReason === undefined,
    backgroundTimeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  });
  const namespaces = new Namespaces(settings, keyLists);
  const inner = { coordination: coordinator, keyLists, namespaces, defaults };
  return { ...parts, coordination: new NamespacedCoordination(inner), namespaces };
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
    openAcceptances,
  }: {
    readonly openAcceptances: AntiEntropyAssembly['openAcceptances'];
    readonly disk: Disk;
    readonly settings: SettingsRegister;
    readonly diskCheck: DiskCheck;
    readonly limits: NodeLimits;
  },
) {
  disk.versions.follow((namespace) => ({
    count: settings.namespaces.get(namespace)?.versions_kept ?? settings.values.versions_kept,
    seconds: settings.values.versions_kept_for_s,
  }));
  const handoff = new Handoff({
    ...{ ...environment, ...shared, ...disk, ...limits },
    isRebuilding: (partition) => disk.health.isRebuilding(partition),
    timeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  });
  const { antiEntropy, exchange, convergence, serve } = assembleAntiEntropy({
    ...{ environment, ...shared, disk, limits, openAcceptances },
    isVerified: (peer: NodeId): boolean => diskCheck.isVerified(peer),
    retentionMilliseconds: () => 1000 * settings.values.tombstone_retention_s,
    backgroundTimeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  });
  disk.hints.onDropped((target) => {
    antiEntropy.compareTreesSoon(target);
    if (shared.view.isUp(target)) antiEntropy.peerConnected(target);
  });
  const reaper = new Reaper({ ...environment, ...shared, ...disk, limits });
  const meet = (peer: NodeId): void => {
    void handoff.deliverTo(peer);
    antiEntropy.peerConnected(peer);
  };
  const upkeep = upkeepOf(environment, disk, limits.clockPersistIntervalMilliseconds);
  const parts = [handoff, reaper, ...upkeep, disk.guard];
  const serveAll = (messenger: Messenger): void => {
    handoff.serve(messenger);
    serve();
  };
  return { handoff, antiEntropy, exchange, convergence, parts, meet, serve: serveAll };
}
