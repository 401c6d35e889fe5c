/** Conflicts on the time line: that they began and ended, reported once for all owners of a key. */
import t, { type Test } from 'tap';
import { type ClusterEvent, distinctConflicts } from '../../../lib/membership/events.js';
import { LocalCluster } from '../local-cluster.js';

async function clusterFor(t: Test): Promise<LocalCluster> {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  return cluster;
}

/** Two values, each with the context of what was there before. */
async function conflict(cluster: LocalCluster, key: string): Promise<void> {
  const { context } = await cluster.put('n1', key, '0');
  await cluster.clock.advance(5);
  await cluster.put('n1', key, '1', { context });
  await cluster.clock.advance(5);
  await cluster.put('n2', key, '2', { context });
  await cluster.clock.advance(5);
}

const reported = async (cluster: LocalCluster, id = 'n3') => {
  const { events } = await cluster.wait(cluster.node(id).events.events(100));
  return events
    .filter(({ event }) => event.startsWith('conflict'))
    .reverse()
    .map(({ severity, event, fields, times }) => {
      const { namespace, key, values, by = '-' } = fields;
      return `${severity} ${event} ${namespace} ${key} ${values} ${by} ${times}`;
    });
};

t.test('it began, and was resolved by a strategy', async (t) => {
  const cluster = await clusterFor(t);
  await conflict(cluster, 'k');
  const began = 'warn conflict began default k 2 - 1';
  t.same(await reported(cluster), [began]);
  const { context = '' } = await cluster.get('n1', 'k');
  const key = { namespace: 'default', key: 'k', level: undefined, fallbacks: [] };
  const request = { ...key, timeoutMilliseconds: undefined, context, by: 'test' };
  await cluster.wait(
    cluster.node('n2').coordination.resolve({
      ...{ ...request, durability: 'sync' },
      resolution: { kind: 'strategy', strategy: 'last-writer' },
    }),
  );
  await cluster.clock.advance(1000);
  const ended = 'info conflict ended default k 2 last-writer 1';
  t.same(await reported(cluster), [began, ended]);
  await cluster.crash('n2');
  t.same(await reported(cluster), [began, ended], 'the others know it, too');
});

t.test('it ended by a write, and by a delete; the same key again is another one', async (t) => {
  const cluster = await clusterFor(t);
  await conflict(cluster, 'k');
  const { context = '' } = await cluster.get('n1', 'k');
  await cluster.put('n3', 'k', '3', { context });
  t.same((await reported(cluster, 'n1'))[1], 'info conflict ended default k 2 write 1');
  await conflict(cluster, 'k');
  const seen = (await cluster.get('n1', 'k')).context ?? '';
  await cluster.put('n1', 'k', '', { change: { state: 'tombstone' }, context: seen });
  const events = await reported(cluster, 'n1');
  t.same(events.at(-1), 'info conflict ended default k 2 delete 2');
});

t.test(
  'of what the owners tell, one is shown: who knows the strategy, or the earliest',
  async (t) => {
    const row = (node: string, at: number, fields: Record<string, string>): ClusterEvent => ({
      ...{ node, at, number: at, severity: 'info', event: 'conflict ended', times: 1 },
      fields: { namespace: 'default', key: 'k', since: '1', ...fields },
    });
    const named = row('n2', 3, { by: 'max' });
    const plain = [row('n1', 2, { by: 'write' }), row('n3', 1, { by: 'write' })] as const;
    t.same(distinctConflicts([...plain, named]), [named]);
    t.same(distinctConflicts([named, ...plain]), [named]);
    t.same(distinctConflicts(plain), [plain[1]]);
    const other = row('n1', 9, { by: 'write', since: '2' });
    t.same(distinctConflicts([plain[0], other]), [plain[0], other]);
    const link: ClusterEvent = { ...plain[0], event: 'peer is up' };
    t.same(distinctConflicts([link, link]), [link, link], 'all others stay');
  },
);
