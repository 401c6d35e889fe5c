/** The proposer of a partition on its node, and the plans under which its ballots are chosen. */
import t from 'tap';
import type { Decided } from '../../../lib/coordination/strong/local-proposer.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { loneProposers, planOf } from './lone-proposers.js';

const AT = recordKey('default', 'k', 16);

t.test('a new ring epoch ends the ballot that was chosen under the one before', async (t) => {
  let plan = planOf(AT.partition, 1);
  const { cluster, clock, proposers } = await loneProposers(t, () => plan);
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
  plan = planOf(AT.partition, 2);
  const second = await decide();
  t.ok(second > first, `${second} after ${first}`);
  t.equal(await decide(), second);
});
