/** Writes without a context under each setting of `blind_writes`: none is accepted for nothing. */
import t, { type Test } from 'tap';
import type { ConsistencySettings } from '../../../lib/membership/settings-types.js';
import { LocalCluster } from '../local-cluster.js';
import { nameOf } from '../wire-names.js';

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

t.test(
  'refuse: the context of a 404 gives a key its first value, and covers nothing',
  async (t) => {
    const cluster = await clusterOf(t, 'refuse');
    const { context } = await cluster.get('n1', 'k');
    t.strictSame((await cluster.put('n2', 'k', 'one', { context })).replaced, []);
    t.strictSame(await cluster.texts('n3', 'k'), ['one']);
    t.strictSame((await cluster.put('n3', 'k', 'two', { context })).replaced, []);
    t.strictSame(
      await cluster.texts('n1', 'k'),
      ['one', 'two'],
      'neither writer had seen the other',
    );
    const of = cluster.put('n1', 'another', 'x', { context });
    await t.rejects(of, { code: 'invalid_context', outcome: 'none' });
  },
);

const WRITE = 'coordination.write';

/** `first` is at n2 and n3, and n1 has not heard of it. */
async function metElsewhere(t: Test) {
  const cluster = await clusterOf(t, 'overwrite');
  cluster.network.gate = (_from, to, message) => to !== 'n1' || nameOf(message) !== WRITE;
  const first = await cluster.put('n2', 'k', 'first');
  cluster.network.gate = () => true;
  return { cluster, first };
}

function openOn(cluster: LocalCluster): number[] {
  return cluster.ids.map((id) => cluster.node(id).replica.openBlindWrites.size);
}

t.test('what only others hold is taken, named, and kept in the audit with its value', async (t) => {
  const { cluster, first } = await metElsewhere(t);
  const second = await cluster.put('n1', 'k', 'second');
  t.strictSame([second.replaced, second.beside], [[first.version], []]);
  for (const id of cluster.ids) t.strictSame(await cluster.texts(id, 'k'), ['second'], id);
  t.strictSame(openOn(cluster), [0, 0, 0], 'it is not open any more');
  const { resolutions } = await cluster.wait(
    cluster.node('n1').coordination.conflicts({
      ...{ namespace: 'default', key: 'k', level: 'all', fallbacks: [] },
      timeoutMilliseconds: undefined,
    }),
  );
  t.match(resolutions, [
    {
      ...{ strategy: 'blind-write', by: 'n1', kept: second.version },
      dropped: [{ version: first.version, value: Buffer.from('first'), bytes: 5 }],
    },
  ]);
  t.equal(resolutions.length, 1);
  const next = await cluster.put('n2', 'k', 'third', { context: second.context });
  t.strictSame(next.replaced, [second.version], 'its context covers what it took');
  for (const id of cluster.ids) t.strictSame(await cluster.texts(id, 'k'), ['third'], id);
});

t.test('below a quorum it takes what its replica holds', async (t) => {
  const { cluster } = await metElsewhere(t);
  const { replaced } = await cluster.put('n1', 'k', 'second', { level: 'one' });
  t.strictSame(replaced, []);
  t.strictSame(await cluster.texts('n1', 'k'), ['first', 'second']);
});

t.test(
  'a plain overwrite of the one value that is there leaves nothing in the audit',
  async (t) => {
    const cluster = await clusterOf(t, 'overwrite');
    for (const value of ['one', 'two', 'three']) await cluster.put('n1', 'k', value);
    const { resolutions } = await cluster.wait(
      cluster.node('n2').coordination.conflicts({
        ...{ namespace: 'default', key: 'k', level: 'all', fallbacks: [] },
        timeoutMilliseconds: undefined,
      }),
    );
    t.strictSame(resolutions, []);
  },
);

t.test('two values that are dropped at the mint are kept in the audit', async (t) => {
  const cluster = await clusterOf(t, 'overwrite');
  const { context } = await cluster.put('n1', 'k', '0');
  await cluster.put('n1', 'k', 'a', { context });
  await cluster.put('n2', 'k', 'b', { context });
  t.strictSame(await cluster.texts('n3', 'k', { level: 'all' }), ['a', 'b']);
  const { version, replaced } = await cluster.put('n3', 'k', 'c');
  t.equal(replaced.length, 2);
  const { resolutions } = await cluster.wait(
    cluster.node('n2').coordination.conflicts({
      ...{ namespace: 'default', key: 'k', level: 'quorum', fallbacks: [] },
      timeoutMilliseconds: undefined,
    }),
  );
  t.match(resolutions, [{ strategy: 'blind-write', by: 'n3', kept: version }]);
  const kept = resolutions[0]?.dropped.map(({ value }) => Buffer.from(value ?? []).toString());
  t.strictSame(kept?.sort(), ['a', 'b']);
});
