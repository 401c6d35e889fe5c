/** Updates beside other writers: nothing that anybody wrote is lost, and one value is left. */
import t from 'tap';
import { QuorateClient, type Sibling } from '../../../lib/client/client.js';
import { FakeStore } from './fake-store.js';
import { FakeTransport } from './fake-transport.js';

type Cart = readonly string[];

const ENDPOINT = 'http://a:1';

function clientOf(store: FakeStore) {
  const transport = new FakeTransport({ [ENDPOINT]: store.node });
  const client = new QuorateClient({ endpoints: [ENDPOINT], transport, discover: false });
  return { client, transport };
}

const add = (item: string) => (cart: Cart | undefined) => [...(cart ?? []), item];
const union = (carts: readonly Cart[]): Cart => [...new Set(carts.flat())].sort();

t.test('a first value, and one that is there', async (t) => {
  const store = new FakeStore();
  const { client, transport } = clientOf(store);
  t.match(await client.update<Cart>('cart', add('a'), union), { value: ['a'], isSettled: true });
  t.equal(transport.sent[1]?.headers['x-causal-context'], 'none', 'of having read nothing');
  await client.update<Cart>('cart', add('b'), union, { level: 'two', ttl: 60 });
  t.strictSame(store.values, [['a', 'b']]);
  t.match(transport.sent.slice(-3), [
    { method: 'GET', headers: { 'x-consistency-level': 'two' } },
    { method: 'PUT', headers: { 'x-consistency-level': 'two', 'x-ttl': '60' } },
    { method: 'GET' },
  ]);
});

t.test(
  'siblings are merged before the change, and after it, until one value is left',
  async (t) => {
    const store = new FakeStore();
    store.write('["a"]', []);
    store.write('["b"]', []);
    let others = 2;
    store.beforeWrite = () => {
      // Somebody else who had read nothing.
      if (others > 0) store.write(`["other ${others}"]`, []);
      others -= 1;
    };
    const { client } = clientOf(store);
    let calls = 0;
    const change = (cart: Cart | undefined): Cart => {
      calls += 1;
      return add('c')(cart);
    };
    const updated = await client.update<Cart>('cart', change, union);
    t.strictSame(updated.value, ['a', 'b', 'c', 'other 1', 'other 2']);
    t.equal(updated.isSettled, true);
    t.strictSame(store.values, [updated.value]);
    t.equal(calls, 1, 'a change is made once');
  },
);

t.test('two that race end as one, with both changes', async (t) => {
  const store = new FakeStore();
  const items = ['a', 'b', 'c', 'd'];
  const all = items.map((item) => clientOf(store).client.update<Cart>('cart', add(item), union));
  await Promise.all(all);
  t.strictSame(
    store.values.map((cart) => [...(cart as Cart)].sort()),
    [items],
  );
});

t.test('attempts are bounded, and it says that the key is in conflict still', async (t) => {
  const store = new FakeStore();
  store.beforeWrite = () => void store.write('["other"]', []);
  const { client, transport } = clientOf(store);
  const updated = await client.update<Cart>('cart', add('a'), union, { attempts: 3 });
  t.equal(updated.isSettled, false);
  t.equal(transport.sent.filter(({ method }) => method === 'PUT').length, 4);
  await t.rejects(client.update<Cart>('cart', add('a'), union, { attempts: 0 }), /attempts is/);
});

t.test('the deadline is that of the update, and what it has written may be there', async (t) => {
  const store = new FakeStore();
  store.beforeWrite = () => void store.write('["other"]', []);
  const { client } = clientOf(store);
  const options = { attempts: 1000, timeoutMilliseconds: 200 };
  const begun = performance.now();
  await t.rejects(client.update<Cart>('cart', add('a'), union, options), {
    ...{ code: 'deadline_passed', outcome: 'unknown', detail: /^the change is written/ },
  });
  t.ok(performance.now() - begun < 3000);
  const counter = new FakeStore();
  counter.beforeWrite = () => void counter.write('0');
  const strong = clientOf(counter).client.updateStrong<number>('n', (n) => (n ?? 0) + 1, options);
  await t.rejects(strong, { code: 'deadline_passed', outcome: 'none' });
});

t.test('a change and a merge that give nothing are reported', async (t) => {
  const store = new FakeStore();
  const { client } = clientOf(store);
  const forgets = () => undefined as unknown as Cart;
  await t.rejects(client.update<Cart>('cart', forgets, union), /change gives.*not undefined/);
  t.strictSame(store.values, []);
  store.write('["a"]', []);
  store.write('["b"]', []);
  await t.rejects(client.update<Cart>('cart', add('c'), forgets), /merge gives/);
});

t.test(
  'at strong the change is made of the value that is there, as often as it takes',
  async (t) => {
    const store = new FakeStore();
    let others = 3;
    store.beforeWrite = ({ headers }) => {
      if (others > 0 && headers['if-match'] !== undefined) store.write(`${10 * others}`);
      others -= 1;
    };
    const { client, transport } = clientOf(store);
    const increment = (count: number | undefined) => (count ?? 0) + 1;
    t.match(await client.updateStrong<number>('n', increment), { value: 1 });
    t.equal(transport.sent[1]?.headers['if-none-match'], '*');
    t.match(await client.updateStrong<number>('n', increment), { value: 11 }, 'of the last one');
    t.ok(transport.sent.every(({ headers }) => headers['x-consistency-level'] === 'strong'));
    store.beforeWrite = () => void store.write('0');
    const never = client.updateStrong<number>('n', increment, { attempts: 2 });
    await t.rejects(never, { code: 'precondition_failed' });
  },
);

t.test('at strong siblings are merged by who can, and reported to the others', async (t) => {
  const store = new FakeStore();
  store.write('["a"]', []);
  store.write('["b"]', []);
  const { client, transport } = clientOf(store);
  await t.rejects(client.updateStrong<Cart>('cart', add('c')), { code: 'siblings' });
  const merge = (_: readonly Cart[], siblings: readonly Sibling<Cart>[]) =>
    union(siblings.map(({ value }) => value));
  const updated = await client.updateStrong<Cart>('cart', add('c'), { merge });
  t.strictSame(updated.value, ['a', 'b', 'c']);
  t.ok(transport.sent.some(({ path }) => path.endsWith('/conflicts/resolve')));
});
