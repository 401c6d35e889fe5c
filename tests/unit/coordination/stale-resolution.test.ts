/** A resolution that is made where less is known than its client was shown. */
import t from 'tap';
import { LocalCluster } from '../local-cluster.js';

const KEY = { namespace: 'default', key: 'k', fallbacks: [], timeoutMilliseconds: undefined };

function json(text: string) {
  const value = Buffer.from(text);
  return {
    change: { state: 'value', contentType: 'application/json', value, ttlSeconds: undefined },
  } as const;
}

t.test(
  'a strategy ends no sibling that it has not weighed; a value by hand ends all',
  async (t) => {
    for (const [resolution, left] of [
      [{ kind: 'strategy', strategy: 'max' }, ['2', '3']],
      [{ kind: 'value', contentType: 'application/json', value: Buffer.from('9') }, ['9']],
    ] as const) {
      const cluster = await LocalCluster.of();
      t.teardown(() => cluster.stop());
      const { context } = await cluster.put('n1', 'k', '', { ...json('0'), level: 'all' });
      for (const text of ['1', '2']) {
        await cluster.put('n1', 'k', '', { ...json(text), context, level: 'all' });
      }
      for (const id of ['n1', 'n2']) cluster.network.cut('n3', id);
      await cluster.put('n1', 'k', '', { ...json('3'), context });
      const shown = (await cluster.get('n1', 'k')).context ?? '';
      // n3 has heard of two of the three that its client was shown.
      const how = { level: 'one', context: shown, by: 'x', durability: 'sync' } as const;
      const request = { ...KEY, ...how, resolution };
      await cluster.wait(cluster.node('n3').coordination.resolve(request));
      cluster.network.heal();
      await cluster.clock.advance(20_000);
      t.strictSame(await cluster.texts('n1', 'k', { level: 'all' }), left, resolution.kind);
    }
  },
);
