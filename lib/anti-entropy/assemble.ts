/** Assembles anti-entropy on a node: each part is given what it names, no more. */
import type { Environment } from '../environment/environment.js';
import type { Foreground } from '../environment/foreground.js';
import { Pauses } from '../environment/pauses.js';
import type { NodeId } from '../environment/transport.js';
import type { Disk } from '../disk/disk.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { ClusterView } from '../replication/cluster-view.js';
import type { Lag } from '../replication/lag.js';
import type { Messenger } from '../rpc/messenger.js';
import { serveLosses } from './announcement.js';
import { AntiEntropy, type AntiEntropyLimits } from './anti-entropy.js';
import { Audit } from './audit.js';
import { serveAudits } from './audit-service.js';
import { Collection } from './collection.js';
import { ConvergenceReport } from './convergence.js';
import { Exchange } from './exchange.js';
import { ExchangeNow } from './exchange-now.js';
import { ExchangeService } from './exchange-service.js';
import { MerkleTrees } from './merkle-tree.js';
import { Questions } from './questions.js';
import { Rebuild } from './rebuild.js';
import { Scrub } from './scrub.js';
import { askOwners, serveDotStatus } from './testimony-service.js';

export interface AntiEntropyAssembly {
  readonly environment: Pick<Environment, 'clock' | 'random' | 'observer'>;
  readonly disk: Disk;
  readonly ownership: Ownership;
  readonly view: ClusterView;
  readonly messenger: Messenger;
  readonly lag: Lag;
  readonly foreground: Foreground;
  readonly expiryClock: ExpiryClock;
  /** Has the peer said what it remembers of this node's disk? */
  readonly isMet: (peer: NodeId) => boolean;
  /** So long after its death a record is kept in any case. */
  readonly retentionMilliseconds: () => number;
  /** How long one message of background work may wait for its answer. */
  readonly backgroundTimeoutMilliseconds: number;
  readonly limits: AntiEntropyLimits;
}

export function assembleAntiEntropy(options: AntiEntropyAssembly) {
  const { environment, disk, ownership, view, messenger, lag, foreground, expiryClock } = options;
  const { clock, random, observer } = environment;
  const { store, table, digests, clocks, health, replica, endings, deadRecords, recentDots } = disk;
  const { identity, losses, partitionCount } = disk;
  const { backgroundTimeoutMilliseconds, isMet, retentionMilliseconds, limits } = options;
  const { confirmMilliseconds, pageBytesMax } = limits;
  const questions = new Questions({ messenger, clock, backgroundTimeoutMilliseconds });
  const pauses = new Pauses({ clock, foreground });
  const trees = new MerkleTrees(digests);
  const scrub = new Scrub({ store, table, digests, partitionCount, health, observer });
  const exchange = new Exchange({
    ...{ ownership, questions, clocks, replica, health, view, lag, clock, observer },
    ...{ trees, pauses, confirmMilliseconds },
  });
  const answering = new ExchangeService({
    ...{ ownership, clocks, store, table, recentDots, identity, trees, scrub, pauses },
    pageBytesMax,
  });
  const listing = { ownership, store, table, endings, expiryClock, pageBytesMax };
  const audited = { ...listing, replica, health, trees };
  const audit = new Audit({ ...audited, messenger, questions, pauses, confirmMilliseconds });
  const rebuild = new Rebuild({
    ...{ identity, losses, isMet, ownership, view, questions, observer },
    ...{ health, clocks, store, table, endings, exchange, scrub },
  });
  const collection = new Collection({
    ...{ ownership, questions, store, table, clocks, health, endings, deadRecords, expiryClock },
    ...{ clock, random, observer, limits, retentionMilliseconds },
  });
  const antiEntropy = new AntiEntropy({
    ...{ ownership, view, health, deadRecords, clock, random, observer },
    ...{ pauses, exchange, audit, scrub, rebuild, collection, limits },
  });
  replica.onUnaccounted((at, dots) => askOwners({ ownership, clocks, questions }, at, dots));
  health.onDamage(() => antiEntropy.rebuildSoon());
  const exchangeNow = new ExchangeNow({ ownership, messenger, clock, antiEntropy, pageBytesMax });
  const own = () => antiEntropy.report();
  const convergence = new ConvergenceReport({ ownership, messenger, clock, own });
  /** Registers the handlers of all parts. */
  const serve = (): void => {
    for (const part of [answering, collection, exchangeNow, convergence]) part.serve(messenger);
    serveAudits(messenger, audited);
    serveDotStatus(messenger, { ownership, table, clocks, health });
    serveLosses(messenger, { ownership, losses });
  };
  return { antiEntropy, exchange: exchangeNow, convergence, serve };
}
