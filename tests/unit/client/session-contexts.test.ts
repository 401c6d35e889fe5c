/** A session sends what it has seen of a key, and can be stored and gone on with. */
import t from 'tap';
import { ArgumentError, QuorateClient, type SavedSession } from '../../../lib/client/client.js';
import { HeldContexts } from '../../../lib/client/held-contexts.js';
import { FakeStore } from './fake-store.js';
import { answerOf, type FakeNode, FakeTransport } from './fake-transport.js';

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

t.test('what a session resolves, and what its batches do, it has seen', async (t) => {
  const store = new FakeStore();
  const { client } = clientOf(store);
  const session = client.session();
  store.write('"a"', []);
  store.write('"b"', []);
  const read = await session.get('k');
  await session.resolve('k', { kind: 'value', value: 'm' }, { context: read.context ?? '' });
  await session.put('k', 'next');
  t.strictSame(store.values, ['next']);
});

t.test('operations of a batch send and keep contexts as the same requests alone', async (t) => {
  const sent: { readonly key: string; readonly context?: string }[] = [];
  const rows = [
    { status: 200, key: 'a', version: 'v', context: 'a2', replaced: [] },
    { status: 200, key: 'b', value: 2, version: 'v', written_at: 'w', context: 'b2' },
    { ...{ status: 409, code: 'precondition_failed', detail: '', outcome: 'none' }, context: 'x' },
    { status: 200, key: 'd', version: 'v', context: 'd2', replaced: [] },
  ].map((row) => ({ retryable: false, ...row }));
  const transport = new FakeTransport({
    [ENDPOINT]: ({ path, body, headers }) => {
      if (!path.endsWith('/batch')) {
        const context = headers['x-causal-context'];
        sent.push({
          key: path.replace(/.*kv./, ''),
          ...(context === undefined ? {} : { context }),
        });
        return answerOf(200, { version: 'v', context: `${path.slice(-1)}1`, replaced: [] });
      }
      const { operations } = JSON.parse(String(body)) as { operations: typeof sent };
      sent.push(...operations);
      return answerOf(207, { failed: 1, results: rows });
    },
  });
  const session = new QuorateClient({
    ...{ endpoints: [ENDPOINT], transport, discover: false },
  }).session();
  for (const key of ['a', 'b', 'c', 'd']) await session.put(key, 1);
  sent.length = 0;
  await session.batch([
    { kind: 'put', key: 'a', value: 2 },
    { kind: 'get', key: 'b' },
    { kind: 'put', key: 'c', value: 2, ifNoneMatch: '*' },
    { kind: 'delete', key: 'd', context: 'own' },
  ]);
  t.match(sent, [{ context: 'a1' }, { key: 'b' }, { key: 'c' }, { context: 'own' }]);
  t.notOk('context' in (sent[2] ?? {}), 'a condition says by itself what is replaced');
  sent.length = 0;
  for (const key of ['a', 'b', 'c', 'd']) await session.put(key, 3);
  t.strictSame(
    sent.map(({ context }) => context),
    ['a2', 'b2', 'c1', 'd2'],
  );
});

t.test('a read that left before a write of the session does not count after it', async (t) => {
  const store = new FakeStore();
  let answerRead: () => void = () => undefined;
  const slow: FakeNode = async (request, times) => {
    const answer = await store.node(request, times);
    if (request.method === 'GET') {
      await new Promise<void>((resolve) => {
        answerRead = resolve;
      });
    }
    return answer;
  };
  const transport = new FakeTransport({ [ENDPOINT]: slow });
  const session = new QuorateClient({
    ...{ endpoints: [ENDPOINT], transport, discover: false },
  }).session();
  await session.put('k', 1);
  const read = session.get('k');
  while (transport.sent.length < 2) await new Promise((resolve) => setImmediate(resolve));
  await session.put('k', 2);
  answerRead();
  t.match(await read, { value: 1 });
  await session.put('k', 3);
  t.strictSame(store.values, [3]);
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
