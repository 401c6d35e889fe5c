/** How requests find their way: repetitions, hedges, nodes that are learnt, signals and the end. */
import { getEventListeners } from 'node:events';
import t from 'tap';
import { type ClientOptions, QuorateClient, QuorateError } from '../../../lib/client/client.js';
import { partitionOf } from '../../../lib/partitioning/partition.js';
import { inTime } from '../in-time.js';
import {
  answerOf,
  broken,
  type FakeNode,
  FakeTransport,
  problemOf,
  refused,
} from './fake-transport.js';

const FOUND = { value: 1, version: 'v', context: 'c', written_at: 'w' };
const WRITTEN = { version: 'v', context: 'c', replaced: [] };
const A = 'http://a:1';
const B = 'http://b:1';

const well: FakeNode = ({ method }) => answerOf(200, method === 'GET' ? FOUND : WRITTEN);
const silent: FakeNode = () => 'silent';

function clientOf(nodes: Readonly<Record<string, FakeNode>>, options: Partial<ClientOptions> = {}) {
  const transport = new FakeTransport(nodes);
  const endpoints = Object.keys(nodes);
  const client = new QuorateClient({ endpoints, transport, discover: false, ...options });
  return { client, transport };
}

async function arrived({ sent }: FakeTransport, count: number): Promise<void> {
  while (sent.length < count) await new Promise((resolve) => setImmediate(resolve));
}

const errorOf = async (promise: Promise<unknown>): Promise<QuorateError> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof QuorateError) return error;
  throw new Error(`no QuorateError: ${String(error)}`);
};

t.test('a read that takes long is asked elsewhere too, and the slow one is ended', async (t) => {
  const { client, transport } = clientOf({ [A]: silent, [B]: well }, { hedgeAfterMilliseconds: 5 });
  t.match(await inTime('the second node', client.get('k')), { kind: 'value', value: 1 });
  t.strictSame(transport.endpoints, [A, B]);
  await new Promise((resolve) => setImmediate(resolve));
  t.strictSame(transport.ended, [A]);
  for (let i = 0; i < 3; i += 1) await client.get('k');
  t.strictSame(transport.endpoints.slice(-1), [B], 'and in the end it is asked last');
});

t.test('what has not happened is tried again, not before the node wants it', async (t) => {
  const busy: FakeNode = (request, times) =>
    times === 0 ? problemOf(503, 'overloaded', {}, { 'retry-after': '1' }) : well(request, times);
  const { client, transport } = clientOf({ [A]: busy });
  const begun = performance.now();
  t.match(await client.put('k', 1), { kind: 'written' });
  t.ok(performance.now() - begun >= 999);
  t.equal(transport.sent.length, 2);
  const refusing = clientOf({ [A]: () => problemOf(503, 'level_not_reached', { required: 2 }) });
  const error = await errorOf(refusing.client.put('k', 1));
  t.match(error, { code: 'level_not_reached', outcome: 'none', details: { required: 2 } });
  t.equal(refusing.transport.sent.length, 5, 'four repetitions');
  const wrong = clientOf({ [A]: () => problemOf(400, 'invalid_level', { retryable: false }) });
  t.match(await errorOf(wrong.client.put('k', 1)), { code: 'invalid_level' });
  t.equal(wrong.transport.sent.length, 1, 'what stays wrong is not');
});

t.test('a write that may have happened is sent once', async (t) => {
  for (const node of [
    () => broken,
    () => problemOf(503, 'outcome_unknown', { outcome: 'unknown' }),
  ]) {
    const { client, transport } = clientOf({ [A]: node, [B]: well });
    t.match(await errorOf(client.put('k', 1)), { outcome: 'unknown' });
    t.equal(transport.sent.length, 1);
    t.match(await client.get('k'), { kind: 'value' });
  }
});

t.test('the deadline is one for all endpoints, and what is left of it travels', async (t) => {
  const { client, transport } = clientOf({ [A]: silent, [B]: silent, 'http://c:1': well });
  const read = await inTime('a third node', client.get('k', { timeoutMilliseconds: 60_000 }));
  t.match(read, { kind: 'value' });
  const left = transport.sent.map(({ headers }) =>
    Number(/^(\d+)ms$/.exec(headers['x-timeout'] ?? '')?.[1]),
  );
  const [first = 0, , third = 0] = left;
  t.ok(first > 59_000 && third <= first - 190, `${left.join(', ')}`);
  const none = clientOf({ [A]: silent, [B]: silent });
  const error = await errorOf(none.client.get('k', { timeoutMilliseconds: 10 }));
  t.match(error, { code: 'deadline_passed', outcome: 'none', status: undefined });
});

t.test('a call ends at its deadline, and a silent node does not eat it', async (t) => {
  type Call = (of: ReturnType<typeof clientOf>) => Promise<unknown>;
  const timeoutMilliseconds = 200;
  const write: Call = ({ client }) => client.put('k', 1, { timeoutMilliseconds });
  const read: Call = ({ client }) => client.get('k', { timeoutMilliseconds });
  for (const call of [read, write]) {
    const beside = clientOf({ [A]: silent, [B]: well });
    await inTime('the node that answers', call(beside));
    t.strictSame(beside.transport.endpoints.slice(-1), [B]);
    for (const nodes of [{ [A]: silent }, { [A]: silent, [B]: silent }]) {
      const begun = performance.now();
      t.match(await errorOf(call(clientOf(nodes))), { code: 'deadline_passed' });
      const took = performance.now() - begun;
      t.ok(took >= timeoutMilliseconds && took < 1000, `${took}`);
    }
  }
});

t.test('an error names each endpoint once', async (t) => {
  const { client, transport } = clientOf({ [A]: () => refused, [B]: () => refused });
  const error = await errorOf(client.get('k'));
  t.ok(transport.sent.length > 2, 'asked again and again');
  const detail = `no endpoint takes a connection: ${A} (ECONNREFUSED), ${B} (ECONNREFUSED)`;
  t.equal(error.detail, detail);
});

t.test('a signal ends a call at once, whether something was sent or not', async (t) => {
  const { client, transport } = clientOf({ [A]: silent });
  const why = new Error('the page is left');
  const ending = new AbortController();
  const put = errorOf(client.put('k', 1, { signal: ending.signal }));
  const get = errorOf(client.get('k', { signal: ending.signal }));
  await arrived(transport, 2);
  ending.abort(why);
  t.match(await inTime('the put', put), { code: 'aborted', outcome: 'unknown', cause: why });
  t.match(await inTime('the get', get), { code: 'aborted', outcome: 'none', cause: why });
  const before = await errorOf(client.put('k', 1, { signal: AbortSignal.abort(why) }));
  t.match(before, { code: 'aborted', outcome: 'none' });
});

t.test('many requests under way wait for one signal without a warning', async (t) => {
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warned);
  t.teardown(() => process.off('warning', warned));
  const { client, transport } = clientOf({ [A]: silent });
  const { signal } = new AbortController();
  const ending = new AbortController();
  const open = Array.from({ length: 30 }, (_, i) => {
    const [shared, own] = [{ signal: ending.signal }, { signal }];
    return errorOf(i % 2 === 0 ? client.put('k', 1, shared) : client.get('k', own));
  });
  await arrived(transport, 30);
  t.equal(getEventListeners(ending.signal, 'abort').length, 1);
  ending.abort();
  await inTime('the shared signal', Promise.all(open.filter((_, i) => i % 2 === 0)));
  await client.close();
  const codes = (await Promise.all(open)).map(({ code }) => code);
  t.strictSame(new Set(codes), new Set(['aborted', 'closed']));
  t.equal(codes.filter((code) => code === 'aborted').length, 15);
  t.strictSame(warnings, []);
});

t.test('a closed client ends what is under way, its sessions too, and sends no more', async (t) => {
  const { client, transport } = clientOf({ [A]: silent });
  const session = client.session();
  const open = [errorOf(client.get('k')), errorOf(session.get('k'))];
  await arrived(transport, 2);
  await inTime('the end', client.close());
  for (const error of await Promise.all(open)) t.match(error, { code: 'closed' });
  t.match(await errorOf(session.put('k', 1)), { code: 'closed', outcome: 'none' });
  t.equal(transport.sent.length, 2);
});

t.test('the other nodes are learnt from one that answers: their addresses and zones', async (t) => {
  const nodes = [
    { id: 'n1', zone: 'east', report: { client_address: 'a:1' } },
    { id: 'n2', zone: 'west', report: { client_address: 'b:1' } },
    { id: 'n3', zone: 'west' },
  ];
  const telling: FakeNode = (request, times) =>
    request.path === '/api/v1/cluster/status' ? answerOf(200, { nodes }) : well(request, times);
  const learning = (options: Partial<ClientOptions>) =>
    clientOf({ [A]: telling, [B]: well }, { endpoints: [A], discover: true, ...options });
  const { client, transport } = learning({ zone: 'west' });
  await client.get('k');
  await arrived(transport, 2);
  await new Promise((resolve) => setImmediate(resolve));
  await client.get('k');
  t.strictSame(transport.endpoints, [A, A, B], 'its own zone first');
  await client.get('k');
  t.equal(transport.sent.length, 4, 'not asked each time');
  await client.close();
  const alone = learning({ discover: false });
  await alone.client.get('k');
  t.equal(alone.transport.sent.length, 1);
});

t.test('owners of a key are asked first, once a node has sent the ring', async (t) => {
  const ids = ['n1', 'n2', 'n3'];
  const hosts = ['a:1', 'b:1', 'c:1'];
  const nodes = ids.map((id, i) => ({ id, zone: 'z', report: { client_address: hosts[i] } }));
  const owners = Array.from({ length: 8 }, (_, i) => [ids[i % 3], ids[(i + 1) % 3]]);
  const ring_hash = 'first';
  const telling: FakeNode = (request, times) => {
    const { path } = request;
    if (path === '/api/v1/cluster/status') return answerOf(200, { nodes, ring_hash });
    if (path === '/api/v1/cluster/ring') return answerOf(200, { hash: ring_hash, owners });
    if (path.startsWith('/api/v1/cluster/locate?')) {
      return answerOf(200, { stored_namespace: 'shop~2' });
    }
    return well(request, times);
  };
  const all = Object.fromEntries(hosts.map((host) => [`http://${host}`, telling]));
  const { client, transport } = clientOf(all, { endpoints: [A], discover: true });
  const shop = client.namespace('shop');
  await shop.get('k');
  await arrived(transport, 4);
  await new Promise((resolve) => setImmediate(resolve));
  const asked = async (from: QuorateClient, key: string): Promise<readonly string[]> => {
    const before = transport.sent.length;
    await from.get(key);
    await from.put(key, 1);
    await from.delete(key);
    return transport.endpoints.slice(before);
  };
  for (let i = 0; i < 20; i += 1) {
    const [first = ''] = owners[partitionOf('default', `key-${i}`, 8)] ?? [];
    const at = `http://${hosts[ids.indexOf(first)]}`;
    t.strictSame(await asked(client, `key-${i}`), [at, at, at], `key-${i}`);
    const [other = ''] = owners[partitionOf('shop~2', `key-${i}`, 8)] ?? [];
    const there = `http://${hosts[ids.indexOf(other)]}`;
    t.strictSame(await asked(shop, `key-${i}`), [there, there, there], `key-${i} of shop`);
  }
  t.equal(transport.sent.filter(({ path }) => path.endsWith('/ring')).length, 1);
  await client.close();
});

t.test('what something in between answers is no answer: a read goes on', async (t) => {
  const { client } = clientOf({ [A]: () => answerOf(502, '<html>'), [B]: well });
  t.match(await client.get('k'), { kind: 'value' });
  t.match(await errorOf(client.put('k', 1)), { code: 'internal', status: 502, outcome: 'unknown' });
  const dead = clientOf({ [A]: () => refused, [B]: well });
  t.match(await dead.client.put('k', 1), { kind: 'written' });
  const nobody = await errorOf(clientOf({ [A]: () => refused }, { retries: 0 }).client.put('k', 1));
  t.match(nobody, { code: 'peer_unreachable', outcome: 'none', detail: /ECONNREFUSED/ });
});

t.test('a refusal of a repetition does not say that a lost attempt was not applied', async (t) => {
  const put = (refusal: FakeNode, first: FakeNode = () => broken) =>
    errorOf(clientOf({ [A]: first, [B]: refusal }).client.put('k', 1, { idempotencyKey: 'i' }));
  const not = (headers = {}) => problemOf(403, 'not_allowed', { retryable: false }, headers);
  t.match(await put(() => not()), { code: 'not_allowed', status: 403, outcome: 'unknown' });
  const none = { outcome: 'none' };
  t.match(
    await put(
      () => not(),
      () => refused,
    ),
    none,
    'nothing was sent before',
  );
  t.match(
    await put(() => not({ 'x-operation-id': 'i' })),
    none,
    'it is the answer to all attempts',
  );
  const ended = () => problemOf(409, 'operation_ended', { retryable: false });
  t.match(await put(ended), { code: 'operation_ended', outcome: 'none' });
  const late = { idempotencyKey: 'i', timeoutMilliseconds: 100 };
  const { client } = clientOf({ [A]: silent, [B]: () => not() });
  const error = await errorOf(client.put('k', 1, late));
  t.match(error, { code: 'not_allowed', outcome: 'unknown' }, 'one is under way still');
});

t.test('nor does a row of a batch that is sent again', async (t) => {
  const row = (status: number, code: string, retryable: boolean) => {
    return { status, code, detail: 'why', outcome: 'none', retryable };
  };
  const overloaded = row(503, 'overloaded', true);
  const results = [
    overloaded,
    overloaded,
    row(412, 'precondition_failed', false),
    { status: 200, receipt: {}, key: 'd', version: 'v', context: 'c', replaced: [] },
  ];
  const operations = [
    { kind: 'put', key: 'a', value: 1 },
    { kind: 'get', key: 'b' },
    { kind: 'put', key: 'c', value: 1, ifMatch: '*' },
    { kind: 'delete', key: 'd' },
  ] as const;
  const outcomes = async (first: FakeNode) => {
    const nodes = { [A]: first, [B]: () => answerOf(207, { failed: 3, results }) };
    const { client } = clientOf(nodes);
    const batch = await client.batch(operations, { idempotencyKey: 'i' });
    t.match(JSON.parse(batch.text), { failed: 3, results: { length: 4 } });
    return batch.results.map((result) => (result instanceof QuorateError ? result.outcome : 'ok'));
  };
  t.strictSame(await outcomes(() => broken), ['unknown', 'none', 'none', 'ok']);
  t.strictSame(await outcomes(() => refused), ['none', 'none', 'none', 'ok']);
});

t.test(
  'a dry run and a batch of reads are reads: repeated, and nothing has happened',
  async (t) => {
    const path = '/api/v1/config/consistency?dry_run=1';
    const body = '{"operations":[{"op":"get","key":"k"}]}';
    const calls: readonly ((client: QuorateClient) => Promise<unknown>)[] = [
      (client) => client.control('PUT', path, { parse: (it: unknown) => it }, {}),
      (client) => client.batch([{ kind: 'get', key: 'k' }]),
      (client) => client.batchText(body),
      (client) =>
        client.previewResolution('k', { kind: 'strategy', strategy: 's' }, { context: 'c' }),
    ];
    for (const call of calls) {
      const nodes = { [A]: () => broken, [B]: () => broken };
      const { client, transport } = clientOf(nodes, { retries: 0 });
      t.match(await errorOf(call(client)), { code: 'peer_unreachable', outcome: 'none' });
      t.strictSame(transport.endpoints, [A, B]);
    }
    const { client, transport } = clientOf({ [A]: () => broken, [B]: () => broken });
    const mixed = client.batch([
      { kind: 'get', key: 'k' },
      { kind: 'delete', key: 'l' },
    ]);
    t.match(await errorOf(mixed), { outcome: 'unknown' });
    t.equal(transport.sent.length, 1);
  },
);

t.test('loopback addresses are learnt only from a node that has one of them here', async (t) => {
  const address = (port: number) => ({ client_address: `127.0.0.1:${port}` });
  const nodes = [
    { id: 'n1', report: address(8090) },
    { id: 'n2', report: address(8091) },
    { id: 'n3', report: { client_address: 'c:1' } },
  ];
  const telling: FakeNode = (request, times) =>
    request.path === '/api/v1/cluster/status' ? answerOf(200, { nodes }) : well(request, times);
  const asked = async (endpoint: string): Promise<readonly string[]> => {
    let isDown = false;
    const first: FakeNode = (request, times) => (isDown ? refused : telling(request, times));
    const all = { 'http://127.0.0.1:8091': well, 'http://c:1': well, [endpoint]: first };
    const { client, transport } = clientOf(all, { endpoints: [endpoint], discover: true });
    await client.get('k');
    await arrived(transport, 2);
    await new Promise((resolve) => setImmediate(resolve));
    isDown = true;
    await client.get('k');
    await client.close();
    return transport.endpoints.slice(-1);
  };
  t.strictSame(await asked('http://127.0.0.1:9000'), ['http://c:1'], 'through a tunnel');
  t.strictSame(await asked('http://localhost:8090'), ['http://127.0.0.1:8091'], 'the same machine');
});
