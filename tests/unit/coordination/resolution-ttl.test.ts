/** The time to live of a namespace holds for a value that resolves siblings by hand, too. */
import t from 'tap';
import { LocalCluster } from '../local-cluster.js';

const CHANGE = { ifMatch: undefined, dryRun: false, by: 'test' };
const AT = { namespace: 'shop', key: 'k', level: undefined, fallbacks: [] } as const;

for (const level of [undefined, 'strong']) {
  t.test(`at ${level ?? 'the default level'}`, async (t) => {
    const cluster = new LocalCluster({});
    for (const id of cluster.ids) await cluster.start(id, {});
    await cluster.wait(Promise.all([...cluster.nodes.values()].map((node) => node.ready())));
    t.teardown(() => cluster.stop());
    const { namespaces, coordination } = cluster.node('n1');
    await cluster.wait(namespaces.put('shop', { default_ttl_s: 60 }, CHANGE));
    const inShop = { namespace: 'shop' };
    const { context } = await cluster.put('n1', 'k', '0', inShop);
    for (const text of ['1', '2']) await cluster.put('n1', 'k', text, { ...inShop, context });
    const shown = await cluster.get('n1', 'k', inShop);
    t.equal(shown.siblings.length, 2);
    await cluster.wait(
      coordination.resolve({
        ...{ ...AT, level, timeoutMilliseconds: undefined, durability: undefined, by: 'x' },
        context: shown.context ?? '',
        resolution: { kind: 'value', contentType: 'a/b', value: Buffer.from('v') },
      }),
    );
    const { siblings } = await cluster.get('n1', 'k', inShop);
    t.equal(siblings.length, 1);
    const [only] = siblings;
    const lived = (only?.expiresAt ?? 0) - cluster.clock.wallMilliseconds();
    t.ok(lived > 50_000 && lived <= 60_000, `ends in ${lived} ms`);
  });
}
