/** Assembles what coordinates requests on a node: each part is given what it names, no more. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { Random } from '../environment/random.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { Disk } from '../disk/disk.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { Messenger } from '../rpc/messenger.js';
import type { ClusterView } from '../replication/cluster-view.js';
import type { Hedging } from '../replication/hedging.js';
import type { Plans } from '../replication/plan.js';
import type { Resolver } from '../resolution/resolver.js';
import type { SessionSeal } from '../versioning/session-seal.js';
import { assembleStrong } from './assemble-strong.js';
import { Coordinator, type CoordinatorOptions } from './coordinator.js';
import { CopyInspection } from './copy-inspection.js';
import { Engine } from './engine.js';
import { type ListServiceOptions, serveLists } from './list-service.js';
import { Lists, type ListsOptions } from './lists.js';
import { Histories } from './history.js';
import { type HistoryServiceOptions, serveHistory } from './history-service.js';
import { LevelPaths } from './level-paths.js';
import { OpenAcceptances } from './open-acceptances.js';
import { Reads } from './reads.js';
import { type ReplicaServiceOptions, serveReplicas } from './replica-service.js';
import { Replicas } from './replicas.js';
import { Sessions } from './sessions.js';
import { ConflictResolution } from './conflict-resolution.js';
import { StableDots } from './stable-dots.js';
import { Standings } from './standings.js';
import { serveStrong, type StrongServiceOptions } from './strong-service.js';
import { Writes } from './writes.js';

export interface CoordinationOptions
  extends Omit<
    CoordinatorOptions,
    'paths' | 'history' | 'settlement' | 'copies' | 'conflicts' | 'resolver' | 'sessions'
  > {
  readonly disk: Disk;
  readonly sessionSeal: SessionSeal;
  readonly view: ClusterView;
  readonly ownership: Ownership;
  readonly plans: Plans;
  readonly messenger: Messenger;
  readonly hedging: Hedging;
  readonly resolver: Resolver;
  readonly expiryClock: ExpiryClock;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly hedgeDelayMilliseconds: number;
  readonly backgroundTimeoutMilliseconds: number;
  readonly backgroundConcurrency: number;
  readonly cursors: ListsOptions['cursors'];
  readonly pageBytesMax: number;
}

export function assembleCoordination(options: CoordinationOptions) {
  const { disk, view, ownership, plans, messenger, hedging, clock, observer, random } = options;
  const { replica, minter, hints, store, health, audits, versions, identity, losses } = disk;
  const { resolver, expiryClock, sessionSeal } = options;
  const { backgroundTimeoutMilliseconds, backgroundConcurrency } = options;
  const { self } = view;
  const engine = new Engine(clock);
  const standings = new Standings(losses, observer);
  const deciding = assembleStrong({ ...options, self, engine, standings });
  const { strong } = deciding;
  const openAcceptances = new OpenAcceptances({ ...disk, strong, clock });
  const replicas = new Replicas({
    ...{ self, replica, hints, identity, losses, messenger, hedging, clock, observer },
    openAcceptances,
    backgroundTimeoutMilliseconds,
  });
  const shared = { plans, engine, replicas, standings, hedging, expiryClock, clock, observer };
  const reads = new Reads({
    ...shared,
    ...{ losses, random, backgroundTimeoutMilliseconds, backgroundConcurrency },
  });
  const writes = new Writes({
    ...{ ...shared, reads, messenger, store, replica, minter, hints, audits, health, identity },
  });
  const history = new Histories({
    ...{ plans, engine, messenger, audits, versions, clock },
    graceMilliseconds: options.hedgeDelayMilliseconds,
  });
  const paths = new LevelPaths({ reads, writes, strong, clock });
  const settlement = new ConflictResolution({
    ...{ self, plans, paths, resolver, expiryClock, observer },
  });
  const stable = new StableDots({
    ...{ self, ownership, clocks: disk.clocks, health, messenger, clock },
  });
  const sessions = new Sessions({ sessionSeal, ownership, losses, stable });
  const conflicts = { ownership, view, store, messenger, clock };
  const coordinator = new Coordinator({
    ...options,
    ...{ paths, history, settlement, conflicts, sessions },
    copies: new CopyInspection({ plans, replicas, clock }),
  });
  const keyLists = new Lists({
    ...{ ...disk, ...options, ...shared },
    read: (request) => coordinator.get(request),
    listBytesMax: options.valueBytesMax,
  });
  return { coordinator, keyLists, writes, stable, openAcceptances, ...deciding };
}

/** What a node does for coordinators elsewhere. Called once, when the ring is known. */
export function serveCoordinators(
  options: HistoryServiceOptions &
    ListServiceOptions &
    ReplicaServiceOptions &
    StrongServiceOptions,
): void {
  serveReplicas(options);
  serveStrong(options);
  serveHistory(options);
  serveLists(options);
}
