/** Cuts between real nodes: what each side may do, and what is there when they have healed. */
import t from 'tap';
import { recordKey } from '../../lib/persistence/keyspace.js';
import { LocalCluster, outcomeOf } from './local-cluster.js';

const three = ['n1', 'n2', 'n3'];

t.test('links that nobody uses stay up', async (t) => {
  const cluster = await LocalCluster.start(three);
  t.teardown(() => cluster.stop());
  await new Promise((resolve) => setTimeout(resolve, 600));
  const lost = cluster.network.observer.lines.filter(({ event }) =>
    /closed|missed|down/.test(event),
  );
  t.same(lost, [], 'ten heartbeats later no link was taken down');
});

t.test(
  'an isolated coordinator: the majority goes on, the minority says what it cannot',
  async (t) => {
    const cluster = await LocalCluster.start(three);
    t.teardown(() => cluster.stop());
    await cluster.put('n1', 'k', 'before', 'quorum');
    cluster.cut(['n1'], ['n2', 'n3']);
    await cluster.untilSeen(['n1'], ['n1']);
    await cluster.untilSeen(['n2', 'n3'], ['n2', 'n3']);

    t.equal(await outcomeOf(cluster.put('n1', 'k', 'x', 'quorum')), 'level_not_reached/none');
    t.equal(await outcomeOf(cluster.get('n1', 'k', 'quorum')), 'level_not_reached/none');
    t.equal(await outcomeOf(cluster.put('n2', 'k', 'x', 'all')), 'level_not_reached/none');
    t.same(await cluster.values('n1', 'k', 'one'), ['before'], 'stale, as asked');
    await cluster.put('n2', 'k', 'after', 'quorum');
    t.same(await cluster.values('n3', 'k', 'quorum'), ['after']);
    const { level } = (
      await cluster.node('n1').coordination.get({
        ...{ namespace: 'default', key: 'k', level: 'quorum', fallbacks: ['one'] },
        timeoutMilliseconds: 1000,
      })
    ).receipt;
    t.equal(level, 'one', 'a fallback is reported');

    cluster.heal();
    await cluster.untilSeen(three, three);
    const delivered = () =>
      cluster.node('n1').replica.read(recordKey('default', 'k', 16))?.siblings.versions;
    await cluster.network.until(
      () => Buffer.from(delivered()?.[0]?.value ?? []).toString() === 'after',
      'the hint is delivered, with no read',
    );
  },
);

t.test('both sides write the same key: siblings everywhere, and nothing lost', async (t) => {
  const cluster = await LocalCluster.start(three);
  t.teardown(() => cluster.stop());
  const { context } = await cluster.put('n1', 'k', 'base', 'all');
  cluster.cut(['n1'], ['n2', 'n3']);
  await cluster.untilSeen(['n1'], ['n1']);
  await cluster.untilSeen(['n2', 'n3'], ['n2', 'n3']);
  await cluster.put('n1', 'k', 'left', 'one', context);
  await cluster.put('n2', 'k', 'right', 'quorum', context);
  await cluster.delete('n3', 'gone', 'quorum');

  cluster.heal();
  await cluster.untilSeen(three, three);
  for (const id of three) t.same(await cluster.values(id, 'k', 'quorum'), ['left', 'right'], id);
  const both = await cluster.get('n2', 'k', 'quorum');
  await cluster.put('n3', 'k', 'merged', 'quorum', both.context);
  for (const id of three) t.same(await cluster.values(id, 'k', 'quorum'), ['merged'], id);
});

t.test(
  'a delete on one side and a write on the other are concurrent: the value stays',
  async (t) => {
    const cluster = await LocalCluster.start(three);
    t.teardown(() => cluster.stop());
    const { context } = await cluster.put('n1', 'k', 'base', 'all');
    cluster.cut(['n3'], ['n1', 'n2']);
    await cluster.untilSeen(['n3'], ['n3']);
    await cluster.untilSeen(['n1', 'n2'], ['n1', 'n2']);
    await cluster.delete('n1', 'k', 'quorum', context);
    t.same(await cluster.values('n2', 'k', 'quorum'), [], 'gone on the majority');
    await cluster.put('n3', 'k', 'kept', 'eventual', context);
    cluster.heal();
    await cluster.untilSeen(three, three);
    for (const id of three) t.same(await cluster.values(id, 'k', 'quorum'), ['kept'], id);
  },
);

t.test('a one-way cut is a cut: the link is half open, and taken down', async (t) => {
  const cluster = await LocalCluster.start(three);
  t.teardown(() => cluster.stop());
  cluster.cut(['n1'], ['n2'], true);
  await cluster.untilSeen(['n1'], ['n1', 'n3']);
  await cluster.put('n1', 'k', 'v', 'quorum');
  t.same(await cluster.values('n3', 'k', 'quorum'), ['v'], 'the third sees both');
  t.same(await cluster.values('n2', 'k', 'quorum'), ['v'], 'and so does the half-deaf one');
  cluster.heal();
  await cluster.untilSeen(three, three);
});

t.test(
  'no primary on this side: eventual and any stand in, and deliver after the heal',
  async (t) => {
    const six = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6'];
    const cluster = await LocalCluster.start(six);
    t.teardown(() => cluster.stop());
    const primaries = cluster.node('n1').cluster.locate('default', 'k').primaries;
    const owners = primaries.map(({ node }) => node);
    const [outsider = '', ...others] = six.filter((id) => !owners.includes(id));
    cluster.cut([outsider, ...others], owners);
    await cluster.untilSeen([outsider], [outsider, ...others]);
    t.equal(await outcomeOf(cluster.put(outsider, 'k', 'x', 'one')), 'level_not_reached/none');
    t.equal(await outcomeOf(cluster.get(outsider, 'k', 'eventual')), 'level_not_reached/none');
    const { receipt, context } = await cluster.put(outsider, 'k', 'sloppy', 'eventual');
    t.match(receipt, { answered: 0, standIns: 1 }, 'reported as it is');
    t.same(await cluster.values(outsider, 'k', 'eventual'), ['sloppy'], 'read back on this side');
    await cluster.put(outsider, 'k', 'again', 'any', context);

    cluster.heal();
    await cluster.untilSeen(six, six);
    await cluster.network.until(
      () => [...cluster.node(outsider).hints.held.values()].every(({ count }) => count === 0),
      'all hints are delivered',
    );
    for (const id of owners) t.same(await cluster.values(id, 'k', 'one'), ['again'], id);
  },
);
