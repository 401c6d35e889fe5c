/** Siblings resolved on whole nodes: at reads, by request, audited, listed; versions kept. */
import t, { type Test } from 'tap';
import type { ConsistencySettings } from '../../../lib/membership/settings-types.js';
import type { NodeOptions } from '../../../lib/node-options.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';
import { SeededRandom } from '../fakes.js';
import { nameOf } from '../wire-names.js';

const CHANGE = { ifMatch: undefined, dryRun: false, by: 'test' };
const none = { level: undefined, fallbacks: [], timeoutMilliseconds: undefined };
const keyed = (key: string) => ({ namespace: 'default', key, ...none });

async function clusterFor(
  t: Test,
  settings: Partial<ConsistencySettings>,
  options: ClusterOptions & { readonly node?: Partial<NodeOptions> } = {},
): Promise<LocalCluster> {
  const cluster = new LocalCluster(options);
  for (const id of cluster.ids) await cluster.start(id, options.node ?? {});
  await cluster.wait(Promise.all([...cluster.nodes.values()].map((node) => node.ready())));
  t.teardown(() => cluster.stop());
  await change(cluster, settings);
  return cluster;
}

async function change(
  cluster: LocalCluster,
  settings: Partial<ConsistencySettings>,
): Promise<void> {
  if (Object.keys(settings).length === 0) return;
  await cluster.wait(cluster.node('n1').settings.change(settings, CHANGE));
}

function json(text: string) {
  const value = Buffer.from(text);
  return {
    change: { state: 'value', contentType: 'application/json', value, ttlSeconds: undefined },
  } as const;
}

/** Two writes of the same context, by two nodes. */
async function conflict(
  cluster: LocalCluster,
  key: string,
  texts: readonly string[],
): Promise<void> {
  const { context } = await cluster.put('n1', key, '', json('null'));
  for (const [i, text] of texts.entries()) {
    await cluster.put(cluster.ids[i % cluster.ids.length] ?? '', key, '', {
      ...json(text),
      context,
    });
    await cluster.clock.advance(5);
  }
}

const storedOn = (cluster: LocalCluster, id: string, key: string) =>
  cluster.node(id).replica.read(recordKey('default', key, 16))?.siblings;

t.test('a read under a strategy resolves what it meets, and says so afterwards', async (t) => {
  const cluster = await clusterFor(t, {});
  await conflict(cluster, 'k', ['["b"]', '["a","b"]', '[12345678901234567890]']);
  t.equal((await cluster.texts('n2', 'k')).length, 3, 'by default they stay');
  await change(cluster, { conflict_resolution: 'set-union' });
  const read = await cluster.get('n2', 'k');
  const expected = '[12345678901234567890,"a","b"]';
  t.strictSame(
    read.siblings.map(({ value }) => Buffer.from(value).toString()),
    [expected],
  );
  for (const id of cluster.ids) {
    t.strictSame(await cluster.texts(id, 'k', { level: 'one' }), [expected], id);
  }
  const next = await cluster.put('n3', 'k', 'next', { context: read.context });
  t.equal(next.replaced.length, 1, 'its context covers the result');
  const reported = await cluster.wait(cluster.node('n3').coordination.conflicts(keyed('k')));
  t.equal(reported.resolutions.length, 1);
  const [entry] = reported.resolutions;
  t.match(entry, { strategy: 'set-union', by: 'n2', kept: next.replaced[0] });
  t.strictSame(entry?.dropped.map(({ value }) => Buffer.from(value ?? []).toString()).sort(), [
    '["a","b"]',
    '["b"]',
    '[12345678901234567890]',
  ]);
});

t.test('values of another shape stay siblings, and so do all where the put fails', async (t) => {
  const cluster = await clusterFor(t, { conflict_resolution: 'max' });
  await conflict(cluster, 'k', ['1', '"2"']);
  t.equal((await cluster.texts('n1', 'k')).length, 2);
  await conflict(cluster, 'j', ['1', '2']);
  cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.write';
  t.strictSame(await cluster.texts('n1', 'j', { timeoutMilliseconds: 300 }), ['1', '2']);
  cluster.network.gate = () => true;
  t.strictSame(await cluster.texts('n1', 'j'), ['2']);
});

t.test('many readers at many nodes come to one value, and to rest', async (t) => {
  const cluster = await clusterFor(t, { conflict_resolution: 'set-union' }, { nodes: 5 });
  const random = new SeededRandom(7);
  for (let round = 0; round < 10; round += 1) {
    const key = `k${round}`;
    await conflict(cluster, key, ['[1]', '[2]', '[3]']);
    await Promise.all(
      cluster.ids.flatMap((id) => [
        cluster.texts(id, key),
        cluster.texts(id, key, { level: random.fraction() < 0.5 ? 'one' : 'all' }),
      ]),
    );
    const first = await cluster.get('n1', key, { level: 'all' });
    t.strictSame(
      first.siblings.map(({ value }) => Buffer.from(value).toString()),
      ['[1,2,3]'],
    );
    for (const id of cluster.ids) await cluster.texts(id, key, { level: 'all' });
    const last = await cluster.get('n5', key, { level: 'all' });
    t.strictSame(last.siblings[0]?.dot, first.siblings[0]?.dot, 'nothing was written any more');
  }
});

t.test('results of two sides of a cut are alike, and become one without a ping-pong', async (t) => {
  const cluster = await clusterFor(t, { conflict_resolution: 'json-merge' });
  await conflict(cluster, 'k', ['{"a":1}', '{"b":2}']);
  for (const id of ['n1', 'n2']) cluster.network.cut(id, 'n3');
  await cluster.clock.advance(5_000);
  const sides = [await cluster.texts('n1', 'k'), await cluster.texts('n3', 'k', { level: 'one' })];
  t.strictSame(sides, [['{"a":1,"b":2}'], ['{"a":1,"b":2}']]);
  cluster.network.heal();
  await cluster.clock.advance(5_000);
  t.strictSame(await cluster.texts('n2', 'k', { level: 'all' }), ['{"a":1,"b":2}']);
  const one = storedOn(cluster, 'n2', 'k')?.versions;
  t.equal(one?.length, 1);
  for (const id of cluster.ids) await cluster.texts(id, 'k', { level: 'all' });
  t.strictSame(storedOn(cluster, 'n1', 'k')?.versions[0]?.dot, one?.[0]?.dot);
});

t.test('a deleted sibling is none: what is left is the value', async (t) => {
  const cluster = await clusterFor(t, { conflict_resolution: 'max' });
  const { context } = await cluster.put('n1', 'k', '', json('1'));
  await cluster.put('n1', 'k', '', { ...json('7'), context });
  await cluster.put('n2', 'k', '', { change: { state: 'tombstone' }, context });
  t.strictSame(await cluster.texts('n3', 'k'), ['7']);
  t.equal(storedOn(cluster, 'n3', 'k')?.versions.length, 2, 'nothing was resolved');
});

t.test('the end of the winner holds, and of what is merged the latest', async (t) => {
  const cluster = await clusterFor(t, {});
  const timed = (text: string, ttlSeconds: number | undefined, context: string) => ({
    change: { ...json(text).change, ttlSeconds },
    context,
  });
  const make = async (key: string): Promise<void> => {
    const { context } = await cluster.put('n1', key, '', json('0'));
    await cluster.put('n1', key, '', timed('1', undefined, context));
    await cluster.clock.advance(5);
    await cluster.put('n2', key, '', timed('2', 60, context));
  };
  await make('last');
  await make('max');
  await change(cluster, { conflict_resolution: 'last-writer' });
  t.ok((await cluster.get('n1', 'last')).siblings[0]?.expiresAt, 'its own');
  await change(cluster, { conflict_resolution: 'max' });
  t.match(await cluster.get('n1', 'max'), { siblings: [{ expiresAt: undefined }] });
});

t.test(
  'a custom function resolves; one that breaks its contract is refused, and logged',
  async (t) => {
    let calls = 0;
    const cluster = await clusterFor(
      t,
      { conflict_resolution: 'custom' },
      {
        node: {
          customResolver: (siblings) => {
            calls += 1;
            const texts = siblings.map(({ text }) => text).sort();
            const value = texts.includes('"bad"') ? String(calls) : (texts.at(-1) ?? '');
            return { contentType: 'application/json', value };
          },
        },
      },
    );
    await conflict(cluster, 'k', ['"x"', '"y"']);
    t.strictSame(await cluster.texts('n1', 'k'), ['"y"']);
    await conflict(cluster, 'j', ['"x"', '"bad"']);
    t.equal((await cluster.texts('n1', 'j')).length, 2);
    const { events, counts } = cluster.observers.get('n1') ?? { events: [], counts: new Map() };
    t.ok(events.some((event) => event.startsWith('siblings stay')));
    t.equal(counts.get('quorate_resolutions_total custom refused'), 1);
  },
);

t.test('by request: what the context shows, and only if that is what is there', async (t) => {
  const cluster = await clusterFor(t, {});
  const resolve = (key: string, context: string | undefined, strategy: string, id = 'n2') =>
    cluster.wait(
      cluster.node(id).coordination.resolve({
        ...keyed(key),
        ...{ context: context ?? '', by: '10.0.0.9', durability: 'sync' },
        resolution: { kind: 'strategy', strategy },
      }),
    );
  await conflict(cluster, 'k', ['1', '2']);
  const { context } = await cluster.get('n1', 'k');
  for (const strategy of ['siblings', 'nonsense', 'custom']) {
    await t.rejects(resolve('k', context, strategy), { code: 'invalid_request' }, strategy);
  }
  await t.rejects(resolve('k', context, 'set-union'), { code: 'siblings', outcome: 'none' });
  await t.rejects(resolve('j', context, 'max'), { code: 'invalid_context' });
  const resolved = await resolve('k', context, 'max');
  t.equal(resolved.replaced.length, 2);
  t.strictSame(await cluster.texts('n3', 'k'), ['2']);
  await t.rejects(resolve('k', context, 'max'), { code: 'version_changed', outcome: 'none' });

  await conflict(cluster, 'v', ['1', '2']);
  const seen = (await cluster.get('n1', 'v')).context;
  await cluster.put('n3', 'v', '', { ...json('4'), context: resolvedFrom(seen) });
  await t.rejects(resolve('v', undefined, 'max'), { code: 'invalid_context' });
  const reported = await cluster.wait(cluster.node('n1').coordination.conflicts(keyed('k')));
  t.match(reported, { siblings: [{}], resolutions: [{ strategy: 'max', by: '10.0.0.9' }] });

  function resolvedFrom(text: string | undefined): string {
    return text ?? '';
  }
});

t.test('a sibling that the context does not show keeps a request from resolving', async (t) => {
  const cluster = await clusterFor(t, {});
  const { context } = await cluster.put('n1', 'k', '', json('0'));
  for (const text of ['1', '2']) await cluster.put('n1', 'k', '', { ...json(text), context });
  const shown = (await cluster.get('n1', 'k')).context ?? '';
  await cluster.put('n2', 'k', '', { ...json('3'), context });
  const request = {
    ...{ ...keyed('k'), context: shown, by: 'x', durability: 'sync' as const },
    resolution: { kind: 'value' as const, contentType: 'a/b', value: Buffer.from('v') },
  };
  const { coordination } = cluster.node('n3');
  const changed = { code: 'version_changed', outcome: 'none' };
  await t.rejects(cluster.wait(coordination.resolve(request)), changed);
  t.equal((await cluster.texts('n1', 'k')).length, 3);
  const whole = (await cluster.get('n1', 'k')).context ?? '';
  await cluster.wait(coordination.resolve({ ...request, context: whole }));
  t.strictSame(await cluster.texts('n1', 'k'), ['v']);
  const reported = await cluster.wait(coordination.conflicts(keyed('k')));
  t.match(reported.resolutions, [{ strategy: 'value', by: 'x', dropped: { length: 3 } }]);
  const large = { ...request.resolution, value: Buffer.alloc(100_001) };
  const tooLarge = coordination.resolve({ ...request, resolution: large });
  await t.rejects(cluster.wait(tooLarge), { code: 'value_too_large' });
});

t.test('a list of conflicts is cut by bytes, and is whole in its pages', async (t) => {
  const pageBytesMax = 1_000;
  const cluster = await clusterFor(t, {}, { nodes: 5, limits: { pageBytesMax } });
  const keys = Array.from({ length: 12 }, (_, i) => `${i}`.padStart(2, '0').padEnd(200, 'k'));
  for (const key of keys) await conflict(cluster, key, ['1', '2']);
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const listed = cluster.node('n4').coordination.listConflicts({
      ...{ limit: 100, cursor, timeoutMilliseconds: 500 },
    });
    const page = await cluster.wait(listed);
    t.ok(page.conflicts.length > 0);
    found.push(...page.conflicts.map(({ key }) => key));
    cursor = page.cursor;
  } while (cursor !== undefined && found.length < 50);
  t.strictSame(found, keys);
});

t.test(
  'keys in conflict are listed, paged, the oldest first, and those away are named',
  async (t) => {
    const cluster = await clusterFor(t, {}, { nodes: 5 });
    const list = (limit: number, cursor?: string, id = 'n1') =>
      cluster.wait(
        cluster.node(id).coordination.listConflicts({ limit, cursor, timeoutMilliseconds: 500 }),
      );
    t.strictSame(await list(10), { conflicts: [], cursor: undefined, unanswered: [] });
    const keys = Array.from({ length: 7 }, (_, i) => `key ${i}`);
    for (const key of keys) await conflict(cluster, key, ['1', '2']);
    await conflict(cluster, 'three', ['1', '2', '3']);
    const all = await list(10);
    t.strictSame(
      all.conflicts.map(({ key }) => key),
      [...keys, 'three'],
    );
    t.equal(all.cursor, undefined);
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list(3, cursor, 'n4');
      t.ok(page.conflicts.length <= 3);
      found.push(...page.conflicts.map(({ key }) => key));
      cursor = page.cursor;
    } while (cursor !== undefined && found.length < 20);
    t.strictSame(found, [...keys, 'three']);
    const { context } = await cluster.get('n2', 'key 0');
    await cluster.put('n2', 'key 0', '', { ...json('9'), context, level: 'all' });
    t.strictSame((await list(1)).conflicts[0]?.key, 'key 1');
    for (const bad of ['', 'x', 'AAAA', Buffer.from('0123').toString('base64url')]) {
      await t.rejects(list(3, bad), { code: 'invalid_request', details: { field: 'cursor' } });
    }
    await cluster.crash('n5');
    await cluster.clock.advance(5_000);
    const without = await list(10);
    t.strictSame(without.unanswered, ['n5']);
    t.equal(without.conflicts.length, 7, 'the others hold the same keys');
  },
);

t.test('versions are kept by the setting, listed and read; the union of replicas', async (t) => {
  const cluster = await clusterFor(t, { versions_kept: 3 });
  const { coordination } = cluster.node('n2');
  const written: string[] = [];
  for (const text of ['1', '2', '3', '4', '5']) {
    written.push((await cluster.put('n1', 'k', text)).version);
    await cluster.clock.advance(1_000);
  }
  const listed = await cluster.wait(coordination.versions(keyed('k')));
  t.strictSame(
    listed.kept.map(({ version }) => version),
    written.slice(1, 4).reverse(),
  );
  t.match(listed.kept[0], { contentType: 'text/plain', bytes: 1 });
  const read = (version: string) =>
    cluster
      .wait(coordination.version({ ...keyed('k'), version }))
      .then(({ siblings }) => siblings.map(({ value }) => Buffer.from(value).toString()));
  t.strictSame(await read(written[4] ?? ''), ['5'], 'the current one');
  t.strictSame(await read(written[2] ?? ''), ['3']);
  t.strictSame(await read(written[0] ?? ''), [], 'beyond the number');
  await t.rejects(read('nonsense'), { code: 'invalid_request', details: { field: 'version' } });
  await cluster.put('n1', 'k', '', { change: { state: 'tombstone' } });
  t.strictSame(await read(written[4] ?? ''), ['5'], 'a delete supersedes like any write');

  await change(cluster, { versions_kept: 2 });
  await cluster.crash('n1');
  await cluster.restart('n1');
  t.strictSame(await read(written[3] ?? ''), ['4'], 'kept across a power cut');
  await change(cluster, { versions_kept_for_s: 1 });
  await cluster.clock.advance(2_000);
  t.strictSame((await cluster.wait(coordination.versions(keyed('k')))).kept, [], 'by age');
  await change(cluster, { versions_kept: 0 });
  await cluster.clock.advance(12_000);
  for (const [id, disk] of cluster.disks) {
    t.strictSame(await disk.range({ from: 'v', before: 'x', limit: 9 }), [], `${id}: swept`);
  }
});

t.test('a lagging replica keeps what it merges over: a union says it all', async (t) => {
  const cluster = await clusterFor(t, { versions_kept: 5 });
  const first = await cluster.put('n1', 'k', '1', { level: 'all' });
  cluster.network.gate = (_from, to, message) =>
    to !== 'n3' || nameOf(message) !== 'coordination.write';
  const second = await cluster.put('n1', 'k', '2', { timeoutMilliseconds: 200 });
  await cluster.put('n1', 'k', '3', { timeoutMilliseconds: 200 });
  cluster.network.gate = () => true;
  await cluster.get('n3', 'k', { level: 'all' });
  const { coordination } = cluster.node('n3');
  const { kept } = await cluster.wait(coordination.versions({ ...keyed('k'), level: 'all' }));
  t.strictSame(
    kept.map(({ version }) => version),
    [second.version, first.version],
  );
});

t.test('a dry run of a resolution says what would be kept, and writes nothing', async (t) => {
  const cluster = await clusterFor(t, {});
  await conflict(cluster, 'k', ['["a"]', '["b"]']);
  const { context = '' } = await cluster.get('n1', 'k');
  const ask = (strategy: string) =>
    cluster.wait(
      cluster.node('n1').coordination.previewResolution({
        ...{ ...keyed('k'), context, by: 'test', durability: 'sync' },
        resolution: { kind: 'strategy', strategy },
      }),
    );
  const { value, replaced } = await ask('set-union');
  t.equal(Buffer.from(value).toString(), '["a","b"]');
  t.equal(replaced.length, 2);
  t.same(await cluster.texts('n1', 'k'), ['["a"]', '["b"]'], 'both are still there');
  await t.rejects(ask('max'), { code: 'siblings' });
  await t.rejects(ask('none'), { code: 'invalid_request' });
});
