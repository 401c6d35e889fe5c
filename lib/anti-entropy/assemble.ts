/** Assembles anti-entropy on a node: each part is given what it names, no more. */
import type { Ballot } from '../consensus/ballot.js';
import type { Environment } from '../environment/environment.js';
import type { ForegroundLoad } from '../environment/foreground-load.js';
import { Pauses } from '../environment/pauses.js';
import type { NodeId } from '../environment/transport.js';
import type { Disk } from '../disk/disk.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { RecordKey } from '../persistence/keyspace.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { ClusterView } from '../replication/cluster-view.js';
import type { Lag } from '../replication/lag.js';
import type { Messenger } from '../rpc/messenger.js';
import { serveLosses } from './announcement.js';
import { AntiEntropy, type AntiEntropyLimits } from './anti-entropy.js';
import { TreeComparison } from './tree-comparison.js';
import { serveTreeComparisons } from './tree-comparison-service.js';
import { Collection } from './collection.js';
import { ConvergenceReport } from './convergence.js';
import { Exchange } from './exchange.js';
import { ExchangeNow } from './exchange-now.js';
import { ExchangeService } from './exchange-service.js';
import { MerkleTrees } from './merkle-tree.js';
import { serveProposals } from './proposals-pull.js';
import { servePersisted } from './persisted-service.js';
import { Questions } from './questions.js';
import { Rebuild } from './rebuild.js';
import { Scrub } from './scrub.js';
import { askOwners, serveDotStatus } from './dot-status-service.js';
import { VoidNumbers } from './void-numbers.js';

export interface AntiEntropyAssembly {
  readonly environment: Pick<Environment, 'clock' | 'random' | 'observer'>;
  readonly disk: Disk;
  readonly ownership: Ownership;
  readonly view: ClusterView;
  readonly messenger: Messenger;
  readonly lag: Lag;
  readonly foreground: ForegroundLoad;
  readonly expiryClock: ExpiryClock;
  /** Lets a proposer settle what was accepted for a key, or learned, and not everywhere. */
  readonly openAcceptances: { settle(at: RecordKey): Promise<boolean> };
  readonly proposers: { settledBallot(partition: number): Ballot | undefined };
  /** Has the peer said what it remembers of this node's disk? */
  readonly isVerified: (peer: NodeId) => boolean;
  /** A record is kept for so long after its end in any case. */
  readonly retentionMilliseconds: () => number;
  /** How long one message of background work may wait for its answer. */
  readonly backgroundTimeoutMilliseconds: number;
  readonly limits: AntiEntropyLimits;
}

export function assembleAntiEntropy(options: AntiEntropyAssembly) {
  const { environment, disk, ownership, view, messenger, lag, foreground, expiryClock } = options;
  const { clock, random, observer } = environment;
  const { store, table, digests, clocks, health, replica, endings, tombstones, recentDots } = disk;
  const { identity, losses, partitionCount, acceptor } = disk;
  const { backgroundTimeoutMilliseconds, isVerified, limits } = options;
  const { confirmMilliseconds, pageBytesMax } = limits;
  const questions = new Questions({ messenger, clock, backgroundTimeoutMilliseconds });
  const pauses = new Pauses({ clock, foreground });
  const trees = new MerkleTrees(digests);
  const scrub = new Scrub({
    ...{ store, table, digests, partitionCount, health, acceptor, observer },
  });
  const exchange = new Exchange({
    ...{ ownership, questions, clocks, replica, health, view, lag, clock, observer },
    ...{ trees, pauses, confirmMilliseconds },
  });
  const answering = new ExchangeService({
    ...{ ownership, clocks, health, store, table, recentDots, identity, trees, scrub, pauses },
    pageBytesMax,
  });
  const listing = { ownership, store, table, endings, expiryClock, pageBytesMax };
  const compared = { ...listing, replica, health, trees };
  const treeComparison = new TreeComparison({
    ...compared,
    messenger,
    questions,
    pauses,
    confirmMilliseconds,
  });
  const rebuild = new Rebuild({
    ...{ identity, losses, isVerified, ownership, view, questions, observer },
    ...{ health, clocks, store, table, endings, acceptor, exchange, scrub },
  });
  const { voids, collection } = collectionOf(options, questions, pauses);
  const antiEntropy = new AntiEntropy({
    ...{ ownership, view, health, tombstones, clock, random, observer },
    ...{ pauses, exchange, treeComparison, scrub, rebuild, collection, limits },
  });
  replica.onUnaccounted((at, dots) => askOwners({ ownership, clocks, questions }, at, dots));
  health.onDamage(() => antiEntropy.rebuildSoon());
  const exchangeNow = new ExchangeNow({ ownership, messenger, clock, antiEntropy, pageBytesMax });
  const own = () => antiEntropy.report();
  const convergence = new ConvergenceReport({ ownership, messenger, clock, own });
  /** Registers the handlers of all parts. */
  const serve = (): void => {
    for (const part of [answering, voids, exchangeNow, convergence]) {
      part.serve(messenger);
    }
    serveTreeComparisons(messenger, compared);
    serveDotStatus(messenger, { ownership, table, clocks, health, observer });
    servePersisted(messenger, { ownership, table, clocks, health, store, observer });
    serveLosses(messenger, { ownership, losses });
    serveProposals(messenger, { ownership, acceptor });
  };
  return { antiEntropy, exchange: exchangeNow, convergence, serve };
}

function collectionOf(options: AntiEntropyAssembly, questions: Questions, pauses: Pauses) {
  const { environment, disk, ownership, expiryClock, retentionMilliseconds, limits } = options;
  const { clock, random, observer } = environment;
  const { store, table, clocks, health, endings, acceptor, tombstones } = disk;
  const settle = (at: RecordKey): Promise<boolean> => options.openAcceptances.settle(at);
  const voids = new VoidNumbers({
    ...{ ownership, questions, clocks, health, observer, settle },
    settledBallot: (partition) => options.proposers.settledBallot(partition),
  });
  const collection = new Collection({
    ...{ ownership, questions, store, table, clocks, health, endings, acceptor, tombstones },
    ...{ settle, voids, expiryClock, clock, random, observer, pauses, limits },
    retentionMilliseconds,
  });
  return { voids, collection };
}
