/** Assembles one node from an environment and options. Read it last: every part is used here. */
import type { AntiEntropy } from './anti-entropy/anti-entropy.js';
import type { ApiNode } from './api/api-node.js';
import type { Proposers } from './coordination/strong/proposers.js';
import type { Environment } from './environment/environment.js';
import { EventLog } from './environment/event-log.js';
import { ForegroundLoad } from './environment/foreground-load.js';
import type { OperatingError } from './errors.js';
import { ClockSanity } from './membership/clock-sanity.js';
import { type Members, openMembers } from './membership/members.js';
import type { Namespaces } from './membership/namespaces.js';
import { receiverOf } from './membership/receiver.js';
import { proposedRing } from './partitioning/ring-founding.js';
import { type Disk, openDisk } from './disk/disk.js';
import type { Hints } from './hints/hints.js';
import { leaveTicket } from './replica/ticket.js';
import type { Replica } from './replica/replica.js';
import { backgroundOf } from './assembly/background.js';
import { coordinationOf } from './assembly/coordination.js';
import { BACKGROUND_TIMEOUT_MILLISECONDS } from './assembly/core.js';
import type { NodeOptions } from './node-options.js';
import { type NodeEnvironment, reportsOf } from './assembly/reports.js';
import { stalenessOf } from './assembly/staleness.js';
import { Messenger } from './rpc/messenger.js';
import { Lag } from './replication/lag.js';
import type { ClusterView } from './replication/cluster-view.js';
import { Plans } from './replication/plan.js';

/** A node that has started. It serves once `ready` has resolved. */
export interface QuorateNode extends ApiNode {
  /** For tests and tools: the records of this node, and all else on its disk. */
  readonly replica: Replica;
  readonly hints: Hints;
  readonly disk: Disk;
  /** How it sees the others. */
  readonly view: ClusterView;
  readonly namespaces: Namespaces;
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

/**
 * Loads what is stored, opens the peer links, and returns before the cluster is founded.
 * @throws OperatingError `founding_refused`, `storage_failed`, `invalid_request` (a bad list)
 */
export function createNode(environment: Environment, options: NodeOptions): Promise<QuorateNode> {
  const observer = new EventLog(environment.observer, environment.clock);
  return assembleNode({ ...environment, observer }, options);
}

async function assembleNode(
  environment: NodeEnvironment,
  options: NodeOptions,
): Promise<QuorateNode> {
  const { clock, random, transport, storage, observer } = environment;
  const { id: self, limits } = options;
  const memberCount = (): number => ownership.members.length;
  const clockSanity = new ClockSanity({ ...limits, clock, observer, memberCount });
  const disk = await openDisk({
    ...{ storage, clock, random, observer, events: observer, limits },
    ...{ node: self, clusterName: options.cluster },
    expiryClock: clockSanity,
    partitionCount: () => ownership.partitionCount,
  });
  const { replica, hints } = disk;
  const { peerRequestsMax: pendingMax } = limits;
  const messenger = new Messenger({ transport, clock, observer, random, pendingMax });
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
  const foreground = new ForegroundLoad();
  const lag = new Lag({ self, clock, hintsFor: (node) => hints.held.get(node)?.count ?? 0 });
  const plans = new Plans({ ownership, view, isBehind: lag.isBehind });
  const core = { disk, members, messenger, plans, lag, foreground, expiryClock: clockSanity };
  const { wholeClocks, feed } = stalenessOf(environment, limits, core);
  const coordination = coordinationOf(environment, options, core, { wholeClocks, feed });
  const { requests, operations, namespaces, proposers, stable, openAcceptances } = coordination;
  const background = backgroundOf(environment, limits, core, { openAcceptances, proposers }, feed);
  const { handoff, antiEntropy, exchange, convergence } = background;
  const reporting = { antiEntropy, clockSanity };
  const { cluster, events, gauges } = reportsOf(environment, options, core, reporting);
  messenger.onLink((peer, open) => {
    if (open && founding.isComplete) background.meet(peer);
  });
  for (const part of [background, cluster, events, stable, feed]) part.serve(messenger);
  coordination.serve();
  await transport.start(receiverOf(admission, messenger));
  const known = [founding, admission, diskCheck, diskMemory, tickets, view, settings];
  const parts = [...known, ...background.parts, wholeClocks, feed, coordination.begunOperations];
  for (const part of [...parts, antiEntropy]) part.start();

  return {
    ...{ id: self, coordination: requests, keyLists: requests, namespaces, settings, cluster },
    ...{ operations, exchange, convergence, events, observer, replica, hints, disk, view, gauges },
    ...{ handoff: handoff.control, foreground },
    ready: () => orRefused([founding.done, diskCheck.settled, tickets.settled], admission.ended),
    refused: admission.ended,
    failed: disk.store.failed,
    announceStop: () => tickets.announceStop(),
    stop: () =>
      stopAll({ ...{ parts, antiEntropy, messenger, tickets, transport, disk }, proposers }),
  };
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
