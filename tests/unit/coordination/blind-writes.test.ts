/** Writes without a context under each setting of `blind_writes`: none is accepted for nothing. */
import t, { type Test } from 'tap';
import type { ConsistencySettings } from '../../../lib/membership/settings-types.js';
import { LocalCluster } from '../local-cluster.js';

const DELETE = { change: { state: 'tombstone' } } as const;
const KEEP = 'keep';

async function clusterOf(t: Test, blind_writes: ConsistencySettings['blind_writes']) {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const by = { ifMatch: undefined, dryRun: false, by: 'test' };
  await cluster.wait(cluster.node('n1').settings.change({ blind_writes }, by));
  return cluster;
}

for (const setting of ['overwrite', 'sibling'] as const) {
  t.test(`${setting}: a delete deletes what is there`, async (t) => {
    const cluster = await clusterOf(t, setting);
    for (const [i, level] of ['quorum', 'one', 'all'].entries()) {
      const key = `k${i}`;
      const { version } = await cluster.put('n1', key, 'value', { level: 'all' });
      const { replaced } = await cluster.put('n1', key, '', { level, ...DELETE });
      t.strictSame(replaced, [version], level);
      t.strictSame(await cluster.texts('n1', key), [], level);
    }
  });
}

t.test('sibling: a delete deletes all siblings, and names them', async (t) => {
  const cluster = await clusterOf(t, 'sibling');
  await cluster.put('n1', 'k', 'one', { level: 'all' });
  await cluster.put('n2', 'k', 'two', { level: 'all' });
  t.strictSame(await cluster.texts('n1', 'k'), ['one', 'two']);
  const { replaced } = await cluster.put('n1', 'k', '', DELETE);
  t.equal(replaced.length, 2);
  t.strictSame(await cluster.texts('n1', 'k'), []);
});

t.test('sibling: a value goes beside what is there', async (t) => {
  const cluster = await clusterOf(t, 'sibling');
  await cluster.put('n1', 'k', 'one');
  await cluster.put('n1', 'k', 'two');
  t.strictSame(await cluster.texts('n1', 'k'), ['one', 'two']);
  await t.rejects(cluster.putFor('n1', 'k', KEEP), { code: 'context_required' });
  const { context } = await cluster.get('n1', 'k');
  await cluster.putFor('n1', 'k', KEEP, { context });
  t.strictSame(await cluster.texts('n1', 'k'), ['for keep']);
});

t.test('refuse: nothing without a context, no delete either', async (t) => {
  const cluster = await clusterOf(t, 'refuse');
  for (const fields of [{}, DELETE]) {
    const put = cluster.put('n1', 'k', 'value', fields);
    await t.rejects(put, { code: 'context_required', outcome: 'none' });
  }
});
