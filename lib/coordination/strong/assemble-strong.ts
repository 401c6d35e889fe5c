/** Assembles what decides at `strong` on a node: each part is given what it names, no more. */
import type { Clock } from '../../environment/clock.js';
import type { Observer } from '../../environment/observer.js';
import type { Random } from '../../environment/random.js';
import type { NodeId } from '../../environment/transport.js';
import type { Disk } from '../../disk/disk.js';
import type { Ownership } from '../../partitioning/ownership.js';
import type { ExpiryClock } from '../../persistence/expiry-clock.js';
import type { ClusterView } from '../../replication/cluster-view.js';
import type { Hedging } from '../../replication/hedging.js';
import type { Plans } from '../../replication/plan.js';
import type { Messenger } from '../../rpc/messenger.js';
import { RemoteAcceptors } from './acceptors.js';
import type { Engine } from '../engine/engine.js';
import { KnownProposers } from './known-proposers.js';
import { Outcomes } from './outcomes.js';
import { Proposers } from './proposers.js';
import type { Standings } from '../engine/standings.js';
import { Strong } from './strong.js';
import { StrongAudits } from './strong-audit.js';
import { StrongPeers } from './strong-peers.js';
import { StrongReports } from './strong-reports.js';

export interface StrongAssembly
  extends Pick<
    Disk,
    'acceptor' | 'store' | 'health' | 'identity' | 'losses' | 'endings' | 'hybridClock' | 'audits'
  > {
  readonly self: NodeId;
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
  const { self, acceptor, store, health, identity, losses } = options;
  const { engine, messenger, ownership, plans, view, standings, hedging, expiryClock } = options;
  const { clock, random, observer, backgroundTimeoutMilliseconds } = options;
  const acceptors = new RemoteAcceptors({
    ...{ messenger, losses, clock, observer, backgroundTimeoutMilliseconds },
  });
  const proposers = new Proposers({ ...options, acceptors });
  health.onDamage((partition) => proposers.noteDamage(partition));
  const outcomes = new Outcomes({ self, acceptor, proposers, messenger, clock });
  const reports = new StrongReports({ self, acceptor, proposers, store, identity });
  const known = new KnownProposers({ self, acceptor, ownership, view, clock });
  const peers = new StrongPeers({
    ...{ self, reports, known, messenger, losses, ownership, hedging, clock },
  });
  const audits = new StrongAudits({ ...options, outcomes });
  const strong = new Strong({
    ...{ self, proposers, outcomes, peers, known, engine, ownership, plans, standings, audits },
    ...{ hedging, expiryClock, clock, random, observer },
  });
  return { strong, proposers, outcomes, reports, known };
}
