/** On whose disk a node may start: the refusal says what belongs to whom (M4). */
import t from 'tap';
import { Store } from '../../../lib/persistence/store.js';
import { Identity } from '../../../lib/replica/identity.js';
import { CountingObserver, HeldStorage } from '../fakes.js';

const EVERYTHING = { from: '', before: '~', limit: 100 };

t.test('a disk of another cluster is refused with both names, and left as it is', async (t) => {
  const [observer, storage] = [new CountingObserver(), new HeldStorage()];
  const store = new Store({ storage, observer, queueBytesMax: 1_000_000 });
  const open = (clusterName: string) => Identity.open(store, { node: 'n1', clusterName }, observer);
  const identity = await open('shop');
  const join = { name: 'shop', id: '1f2e' };
  await store.transact((transaction) => identity.join(transaction, join), 'sync').committed;
  const before = await storage.range(EVERYTHING);
  const message = /belongs to the cluster shop \(id 1f2e\), not to bakery: start it with its own/;
  await t.rejects(open('bakery'), { code: 'founding_refused', message });
  t.strictSame(await storage.range(EVERYTHING), before);
  t.equal((await open('shop')).start, 2);
});
