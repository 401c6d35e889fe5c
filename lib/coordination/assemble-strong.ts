/** Assembles what decides at `strong` on a node: each part is given what it names, no more. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import type { Disk } from '../disk/disk.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { ClusterView } from '../replication/cluster-view.js';
import type { Hedging } from '../replication/hedging.js';
import type { Plans } from '../replication/plan.js';
import type { Messenger } from '../rpc/messenger.js';
import { RemoteAcceptors } from './acceptors.js';
import type { Engine } from './engine.js';
import { KnownProposers } from './known-proposers.js';
import { Outcomes } from './outcomes.js';
import { Proposers } from './proposers.js';
import type { Standings } from './standings.js';
import { Strong } from './strong.js';
import { StrongPeers } from './strong-peers.js';
import { StrongReports } from './strong-reports.js';

export interface StrongAssembly {
  readonly self: NodeId;
  readonly disk: Disk;
  readonly engine: Engine;
  readonly messenger: Messenger;
  readonly ownership: Ownership;
  readonly plans: Plans;
  readonly view: ClusterView;
  readonly standings: Standings;
  readonly hedging: Hedging;
  readonly expiryClock: ExpiryClock;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly backgroundTimeoutMilliseconds: number;
  readonly pageBytesMax: number;
}

export function assembleStrong(options: StrongAssembly) {
  // Not the whole disk: each part names what it uses of it.
  const { acceptor, store, identity, losses, endings, hybridClock, audits } = options.disk;
  const shared = { ...options, acceptor, store, identity, losses, endings, hybridClock, audits };
  const proposers = new Proposers({ ...shared, acceptors: new RemoteAcceptors(shared) });
  const outcomes = new Outcomes({ ...shared, proposers });
  const reports = new StrongReports({ ...shared, proposers });
  const known = new KnownProposers(shared);
  const peers = new StrongPeers({ ...shared, reports, known });
  const strong = new Strong({ ...shared, proposers, outcomes, peers, known });
  return { strong, proposers, outcomes, reports, known };
}
