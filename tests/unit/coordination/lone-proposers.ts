/** The proposers of a node that owns all alone, without the rest of a node around them. */
import type { Test } from 'tap';
import { Engine } from '../../../lib/coordination/engine/engine.js';
import type { LocalProposerOptions } from '../../../lib/coordination/strong/local-proposer.js';
import { Proposers } from '../../../lib/coordination/strong/proposers.js';
import { Plan } from '../../../lib/replication/plan.js';
import { ALL_STAND } from '../../../lib/replication/quorum.js';
import { SeededRandom } from '../fakes.js';
import { LocalCluster } from '../local-cluster.js';

const SELF = 'n1';

export function planOf(partition: number, epoch: number): Plan {
  const owners = [{ node: SELF, zone: 'z', up: true }];
  const [sets, order] = [[owners], [SELF]];
  return new Plan({ partition, epoch, sets, order, standIns: [], self: SELF, zone: 'z' });
}

/** @param plan the present one */
export async function loneProposers(t: Test, plan: () => Plan) {
  const cluster = await LocalCluster.of({ nodes: 1, replicas: 1 });
  t.teardown(() => cluster.stop());
  const { clock } = cluster;
  const { acceptor, identity, endings, hybridClock } = cluster.node(SELF).disk;
  const proposers = new Proposers({
    ...{ self: SELF, acceptor, identity, endings, hybridClock, engine: new Engine(clock) },
    ...{ random: new SeededRandom(1), observer: cluster.observers.get(SELF), pageBytesMax: 1000 },
    plans: { of: plan },
    standings: { of: () => ALL_STAND },
    ownership: { partitionCount: 16, assertOwns: () => undefined },
    view: { isUp: () => true },
    expiryClock: { now: () => undefined },
  } as unknown as LocalProposerOptions);
  t.teardown(() => proposers.stop());
  return { cluster, clock, acceptor, proposers };
}
