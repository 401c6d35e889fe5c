/** Assembles what coordinates requests on a node: each part is given what it names, no more. */
import type { Clock } from '../environment/clock.js';
import type { ForegroundLoad } from '../environment/foreground-load.js';
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
import type { WholeClocks } from '../replica/whole-clocks.js';
import type { StalenessFeed } from '../staleness/feed.js';
import type { SessionSeal } from '../versioning/session-seal.js';
import { assembleStrong } from './strong/assemble-strong.js';
import { BoundedReads } from './read/bounded-reads.js';
import { Contexts } from './request/contexts.js';
import { Coordinator, type CoordinatorOptions } from './coordinator.js';
import { CopyInspection } from './conflict/copy-inspection.js';
import { Engine } from './engine/engine.js';
import { serveLists } from './list/list-service.js';
import { KeyPages } from './list/key-pages.js';
import { Lists, type ListsOptions } from './list/lists.js';
import { Histories } from './conflict/history.js';
import { serveHistory } from './conflict/history-service.js';
import { LevelPaths } from './path/level-paths.js';
import { OpenAcceptances } from './strong/open-acceptances.js';
import { BegunOperations } from './operation/begun-operations.js';
import { OperationDots } from './operation/operation-dots.js';
import { OperationSessions } from './operation/operation-sessions.js';
import { OperationRecords } from './operation/operation-records.js';
import { Operations } from './operation/operations.js';
import { Reads } from './read/reads.js';
import { serveReplicas } from './replica-service.js';
import { Replicas } from './read/replicas.js';
import { HeldClocks } from './session/held-clocks.js';
import { Sessions } from './session/sessions.js';
import { ConflictResolution } from './conflict/conflict-resolution.js';
import { StableDots } from './session/stable-dots.js';
import { Standings } from './engine/standings.js';
import { serveStrong } from './strong/strong-service.js';
import type { Strong } from './strong/strong.js';
import { Minting } from './write/minting.js';
import { Writes } from './write/writes.js';

export interface CoordinationOptions
  extends Omit<
    CoordinatorOptions,
    | 'paths'
    | 'history'
    | 'settlement'
    | 'copies'
    | 'conflicts'
    | 'resolver'
    | 'sessions'
    | 'held'
    | 'table'
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
  readonly foreground: ForegroundLoad;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly hedgeDelayMilliseconds: number;
  readonly backgroundTimeoutMilliseconds: number;
  readonly backgroundConcurrency: number;
  readonly cursors: ListsOptions['cursors'];
  readonly pageBytesMax: number;
  /** How old its replicas can be. */
  readonly feed: StalenessFeed;
  readonly wholeClocks: WholeClocks;
  readonly operationRetentionMilliseconds: number;
  readonly clockSkewMaxMilliseconds: number;
}

export function assembleCoordination(options: CoordinationOptions) {
  const { disk, view, ownership, plans, messenger, hedging, clock, observer, random } = options;
  const { store, replica, health, hints, audits, versions } = disk;
  const { identity, losses, acceptor, endings, hybridClock } = disk;
  const { resolver, expiryClock, seal, defaults } = options;
  const { backgroundTimeoutMilliseconds, backgroundConcurrency, pageBytesMax } = options;
  const { isReady, timeoutDefaultMilliseconds, timeoutMaxMilliseconds } = options;
  const { keyBytesMax, valueBytesMax, feed } = options;
  const { self } = view;
  const engine = new Engine(clock);
  const standings = new Standings(losses, observer);
  const { strong, proposers, outcomes, reports, known } = assembleStrong({
    ...{ self, engine, standings, messenger, ownership, plans, view, hedging, expiryClock },
    ...{ acceptor, store, health, identity, losses, endings, hybridClock, audits },
    ...{ clock, random, observer, backgroundTimeoutMilliseconds, pageBytesMax },
  });
  const openAcceptances = new OpenAcceptances({ acceptor, replica, strong, clock });
  const replicas = new Replicas({
    ...{ self, replica, hints, identity, losses, messenger, hedging, clock, observer },
    ...{ openAcceptances, backgroundTimeoutMilliseconds },
  });
  const reads = new Reads({
    ...{ plans, engine, replicas, standings, hedging, expiryClock, clock, observer },
    ...{ losses, random, backgroundTimeoutMilliseconds, backgroundConcurrency },
  });
  const writes = new Writes({
    ...{ plans, engine, replicas, standings, reads, messenger, hedging },
    ...{ minting: mintingOf(options), openAcceptances, clock, observer },
  });
  const history = new Histories({
    ...{ plans, engine, messenger, audits, versions, clock },
    graceMilliseconds: options.hedgeDelayMilliseconds,
  });
  const bounded = new BoundedReads({
    ...{ plans, engine, reads, feed, replica, ownership, view, hedging, messenger, clock },
    observer,
  });
  const paths = new LevelPaths({ reads, writes, strong, bounded, clock });
  const settlement = new ConflictResolution({
    ...{ self, plans, paths, resolver, expiryClock, observer },
  });
  const { stable, held, sessions } = sessionsOf(options);
  const { operations, begunOperations } = operationsOf(options, strong, paths, sessions);
  const coordinator = new Coordinator({
    ...{ plans, paths, history, settlement, ownership, expiryClock, seal, resolver, clock },
    ...{ defaults, isReady, timeoutDefaultMilliseconds, timeoutMaxMilliseconds },
    ...{ keyBytesMax, valueBytesMax, table: disk.table },
    conflicts: { ownership, view, store, messenger, clock },
    ...{ held, sessions },
    copies: new CopyInspection({ plans, replicas, clock }),
  });
  const keyLists = listsOf(options, engine, standings, openAcceptances, coordinator);
  const deciding = { strong, proposers, outcomes, reports, known };
  /** Registers what a node does for coordinators elsewhere. Called once. */
  const serve = (): void => serveAll(options, deciding, writes, openAcceptances, [bounded, held]);
  const parts = { coordinator, operations, begunOperations, keyLists, stable };
  return { ...parts, proposers, openAcceptances, serve };
}

function mintingOf({ disk, expiryClock, clock }: CoordinationOptions): Minting {
  const { replica, hints, audits, health, identity, store, stalls, minter } = disk;
  return new Minting({
    ...{ replica, hints, audits, health, identity, clock, store, stalls, minter, expiryClock },
  });
}

function sessionsOf(options: CoordinationOptions) {
  const { disk, view, ownership, messenger, clock, observer, sessionSeal, wholeClocks } = options;
  const { clocks, health, acceptor, losses } = disk;
  const { self } = view;
  const stable = new StableDots({ self, ownership, clocks, health, messenger, clock });
  const held = new HeldClocks({
    ...{ self, ownership, view, clocks, wholeClocks, acceptor, losses, messenger, clock, observer },
  });
  return { stable, held, sessions: new Sessions({ sessionSeal, ownership, losses, stable, held }) };
}

function listsOf(
  options: CoordinationOptions,
  engine: Engine,
  standings: Standings,
  openAcceptances: OpenAcceptances,
  coordinator: Coordinator,
): Lists {
  const { disk, view, ownership, plans, messenger, hedging, cursors, expiryClock } = options;
  const { store, replica, health, identity, losses } = disk;
  const { defaults, isReady, timeoutDefaultMilliseconds, pageBytesMax, valueBytesMax } = options;
  const { clock, observer } = options;
  const pages = new KeyPages({
    own: { store, replica, health, identity, losses, ownership, openAcceptances, pageBytesMax },
    ...{ plans, view, engine, standings, hedging, messenger, expiryClock, clock, observer },
  });
  return new Lists({
    ...{ pages, ownership, cursors, clock, defaults, isReady, timeoutDefaultMilliseconds },
    read: (request) => coordinator.get(request),
    listBytesMax: valueBytesMax,
  });
}

function operationsOf(
  options: CoordinationOptions,
  strong: Strong,
  paths: LevelPaths,
  sessions: Sessions,
) {
  const { view, disk, ownership, seal, random, clock, expiryClock, isReady } = options;
  const { foreground, observer } = options;
  const { timeoutDefaultMilliseconds, timeoutMaxMilliseconds } = options;
  const { operationRetentionMilliseconds, plans, defaults } = options;
  const kept = { expiryClock, operationRetentionMilliseconds };
  const records = new OperationRecords({ strong, ownership, clock, ...kept });
  const common = {
    ...{ records, paths, ownership, clock, expiryClock, isReady },
    ...{ timeoutDefaultMilliseconds, timeoutMaxMilliseconds },
  };
  const { store, replica } = disk;
  const begunOperations = new BegunOperations({
    ...{ ...common, plans, store, replica, foreground, random, observer },
  });
  const operations = new Operations({
    ...common,
    contexts: new Contexts(seal, ownership),
    dots: new OperationDots({ self: view.self, identity: disk.identity, random }),
    sessions: new OperationSessions({ sessions, ownership, plans, defaults }),
  });
  return { operations, begunOperations };
}

function serveAll(
  options: CoordinationOptions,
  deciding: ReturnType<typeof assembleStrong>,
  writes: Writes,
  openAcceptances: OpenAcceptances,
  others: readonly (BoundedReads | HeldClocks)[],
): void {
  const { disk, ownership, messenger, view, foreground, clock, observer } = options;
  const { pageBytesMax } = options;
  const { store, replica, hints, health, audits, versions, identity, losses, acceptor } = disk;
  const { self } = view;
  const held = { store, identity, losses, ownership, messenger };
  serveReplicas({
    ...{ ...held, self, writes, replica, openAcceptances, hints, audits },
    ...{ foreground, clock, observer },
  });
  serveStrong({ ...held, ...deciding, self, acceptor, foreground, clock });
  serveHistory({ ...held, audits, versions, pageBytesMax });
  serveLists({ ...held, replica, health, openAcceptances, pageBytesMax });
  for (const one of others) one.serve(messenger);
}
