/** A session sends what it has seen of a key, and can be stored and gone on with. */
import t from 'tap';
import { ArgumentError, QuorateClient, type SavedSession } from '../../../lib/client/client.js';
import { HeldContexts } from '../../../lib/client/held-contexts.js';
import { FakeStore } from './fake-store.js';
import { FakeTransport } from './fake-transport.js';

const ENDPOINT = 'http://a:1';

function clientOf(store: FakeStore) {
  const transport = new FakeTransport({ [ENDPOINT]: store.node });
  const client = new QuorateClient({ endpoints: [ENDPOINT], transport, discover: false });
  return { client, transport };
}

t.test('a write replaces what the session has seen, and nothing else', async (t) => {
  const store = new FakeStore();
  const { client, transport } = clientOf(store);
  const session = client.session();
  await session.put('k', 1);
  t.equal(transport.sent[0]?.headers['x-causal-context'], undefined, 'it has seen nothing');
  store.write('"other"', []);
  await session.put('k', 2);
  t.strictSame(store.values, ['other', 2], 'what it has not seen is left');
  t.match(await session.get('k'), { kind: 'siblings' });
  await session.put('k', 3);
  t.strictSame(store.values, [3]);
  await session.put('l', 1, { ifNoneMatch: '*' }).catch(() => undefined);
  t.notOk('x-causal-context' in (transport.sent.at(-1)?.headers ?? {}));
  await session.put('k', 4, { context: '77' });
  t.equal(transport.sent.at(-1)?.headers['x-causal-context'], '77', 'who says one is taken at it');
  await client.put('k', 5);
  t.notOk('x-causal-context' in (transport.sent.at(-1)?.headers ?? {}), 'a client has none');
});

t.test('it is stored as JSON, and goes on elsewhere', async (t) => {
  const store = new FakeStore();
  const session = clientOf(store).client.session({ tokens: ['t'] });
  await session.put('k', 1);
  await session.namespace('shop').put('k', 2);
  const saved = JSON.parse(JSON.stringify(session)) as SavedSession;
  t.strictSame(saved.tokens, ['t']);
  t.strictSame(
    saved.contexts.map(([namespace, key]) => `${namespace} ${key}`),
    ['default k', 'shop k'],
  );
  const { client, transport } = clientOf(store);
  const other = client.session({ saved });
  t.strictSame(other.tokens, ['t']);
  await other.namespace('shop').put('k', 3);
  t.equal(transport.sent[0]?.headers['x-causal-context'], saved.contexts[1]?.[2]);
  t.equal(transport.sent[0]?.headers['x-session-token'], 't');
  for (const bad of [null, 1, {}, { session: 2, tokens: [], contexts: [] }] as unknown[]) {
    t.throws(() => client.session({ saved: bad as SavedSession }), ArgumentError);
  }
  const rows = { session: 1, tokens: [], contexts: [['a', 'b']] } as unknown as SavedSession;
  t.throws(() => client.session({ saved: rows }), ArgumentError);
});

t.test('contexts are bounded: the oldest are forgotten', async (t) => {
  const held = new HeldContexts(28);
  held.set('n', 'a', '0123456789');
  held.set('n', 'b', '0123456789');
  held.set('n', 'a', '012345678');
  held.set('n', 'c', '0');
  t.strictSame(held.all, [
    ['n', 'a', '012345678'],
    ['n', 'c', '0'],
  ]);
  t.equal(held.get('n', 'b'), undefined);
  t.equal(held.get('n', 'a'), '012345678');
});
