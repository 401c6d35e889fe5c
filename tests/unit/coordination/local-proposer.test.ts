/** The proposer of a partition on its node, and the plans under which its ballots are chosen. */
import t from 'tap';
import { Engine } from '../../../lib/coordination/engine/engine.js';
import type {
  Decided,
  LocalProposerOptions,
} from '../../../lib/coordination/strong/local-proposer.js';
import { Proposers } from '../../../lib/coordination/strong/proposers.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { Plan } from '../../../lib/replication/plan.js';
import { ALL_STAND } from '../../../lib/replication/quorum.js';
import { SeededRandom } from '../fakes.js';
import { LocalCluster } from '../local-cluster.js';

const SELF = 'n1';
const AT = recordKey('default', 'k', 16);

function planOf(epoch: number): Plan {
  const owners = [{ node: SELF, zone: 'z', up: true }];
  const { partition } = AT;
  return new Plan({
    ...{ partition, epoch, sets: [owners], order: [SELF], standIns: [], self: SELF, zone: 'z' },
  });
}

t.test('a new ring epoch ends the ballot that was chosen under the one before', async (t) => {
  const cluster = await LocalCluster.of({ nodes: 1, replicas: 1 });
  t.teardown(() => cluster.stop());
  const { clock } = cluster;
  const { acceptor, identity, endings, hybridClock } = cluster.node(SELF).disk;
  let plan = planOf(1);
  const proposers = new Proposers({
    ...{ self: SELF, acceptor, identity, endings, hybridClock, engine: new Engine(clock) },
    ...{ random: new SeededRandom(1), observer: cluster.observers.get(SELF), pageBytesMax: 1000 },
    plans: { of: () => plan },
    standings: { of: () => ALL_STAND },
    ownership: { partitionCount: 16, assertOwns: () => undefined },
    view: { isUp: () => true },
    expiryClock: { now: () => undefined },
  } as unknown as LocalProposerOptions);
  t.teardown(() => proposers.stop());
  const command = {
    ...{ at: AT, change: undefined, condition: { is: 'none' as const } },
    deadline: clock.monotonicMilliseconds() + 50_000,
  };
  /** The round of the ballot under which a read is decided. */
  const decide = async (): Promise<number> => {
    const decided = new Promise<Decided>((resolve) => proposers.submit(command, resolve));
    t.match(await cluster.wait(decided), { is: 'read' });
    return proposers.activeBallot(AT.partition)?.round ?? 0;
  };
  const first = await decide();
  t.equal(await decide(), first, 'it goes on');
  plan = planOf(2);
  const second = await decide();
  t.ok(second > first, `${second} after ${first}`);
  t.equal(await decide(), second);
});
