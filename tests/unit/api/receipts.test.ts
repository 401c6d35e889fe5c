/** What answers say of themselves, at every level, and what is counted of them; through HTTP. */
import t, { type Test } from 'tap';
import { LEVEL_NAMES } from '../../../lib/coordination/request/level.js';
import { LocalCluster } from '../local-cluster.js';
import { type Answer, type Sent, serveNode } from './served.js';

async function clusterFor(t: Test) {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const { send } = await serveNode(t, cluster.node('n1'));
  const counts = cluster.observers.get('n1')?.counts ?? new Map<string, number>();
  return {
    cluster,
    counts,
    send: (method: string, path: string, sent?: Sent): Promise<Answer> =>
      cluster.wait(send(method, path, sent)),
  };
}

const putOf = (headers: Readonly<Record<string, string>>): Sent => ({
  headers: { 'Content-Type': 'application/json', ...headers },
  body: '{"value":1}',
});
const at = (level: string): Readonly<Record<string, string>> => ({ 'X-Consistency-Level': level });
const OF_SESSIONS = ['session', 'causal'];

t.test('each level says that it held, by how many, how durably; and is counted', async (t) => {
  const { send, counts } = await clusterFor(t);
  for (const level of LEVEL_NAMES) {
    const path = `/api/v1/kv/${level}`;
    const put = await send('PUT', path, putOf(at(level)));
    t.equal(put.status, 200, level);
    t.match(
      put.headers,
      {
        'x-consistency-achieved': level,
        'x-replicas': /^[1-3]\/3$/,
        'x-durability': 'sync',
        'x-causal-context': String,
      },
      level,
    );
    t.equal('x-session-token' in put.headers, OF_SESSIONS.includes(level), level);
    t.equal(counts.get(`quorate_requests_total put ${level} ok answered`), 1, level);
    if (level === 'any') continue;
    const get = await send('GET', path, { headers: at(level) });
    t.match(
      get.headers,
      { 'x-consistency-achieved': level, 'x-replicas': /^[1-3]\/3$/, etag: String },
      level,
    );
    t.equal('x-session-token' in get.headers, OF_SESSIONS.includes(level), level);
    t.equal(counts.get(`quorate_requests_total get ${level} ok answered`), 1, level);
  }
});

t.test('a fallback says which level held; a refusal, what was missing and why', async (t) => {
  const { cluster, send, counts } = await clusterFor(t);
  await send('PUT', '/api/v1/kv/k', putOf(at('all')));
  await cluster.crash('n3');
  const weaker = { ...at('all'), 'X-Consistency-Fallback': 'quorum' };
  for (const sent of [putOf(weaker), { headers: weaker }]) {
    const answer = await send('body' in sent ? 'PUT' : 'GET', '/api/v1/kv/k', sent);
    t.match(answer.headers, { 'x-consistency-achieved': 'quorum', 'x-replicas': /^2\/3/ });
  }
  for (const operation of ['get', 'put']) {
    t.equal(counts.get(`quorate_fallbacks_total ${operation} all quorum`), 1, operation);
  }
  const of = [
    { op: 'get', key: 'k', level: 'all' },
    { op: 'put', key: 'a', value: 1, level: 'all' },
    { op: 'put', key: 'b', value: 1, level: 'all' },
    { op: 'put', key: 'c', value: 1, level: 'quorum' },
  ];
  const batch = { ...putOf({ 'X-Consistency-Fallback': 'quorum' }) };
  await send('POST', '/api/v1/batch', { ...batch, body: JSON.stringify({ operations: of }) });
  for (const [operation, times] of [
    ['get', 2],
    ['put', 3],
  ] as const) {
    const counted = counts.get(`quorate_fallbacks_total ${operation} all quorum`);
    t.equal(counted, times, `each operation of a batch: ${operation}`);
  }
  t.notOk(counts.has('quorate_fallbacks_total put quorum quorum'), 'what held is no fallback');
  const once = putOf({ ...weaker, 'X-Consistency-Level': 'quorum', 'Idempotency-Key': 'o1' });
  const written = await send('PUT', '/api/v1/kv/k', once);
  t.match(written.headers, { 'x-consistency-achieved': 'strong' });
  t.notOk(counts.has('quorate_fallbacks_total put quorum strong'), 'nor what is stronger');
  await cluster.crash('n2');
  for (const level of ['two', 'quorum', 'all', 'strong']) {
    const refused = await send('GET', '/api/v1/kv/k', { headers: at(level) });
    t.equal(refused.status, 503, level);
    t.match(
      refused.json,
      { code: 'level_not_reached', outcome: 'none', replicas: 3, up: 1 },
      level,
    );
    t.type(refused.json?.['required'], 'number');
    const counted = counts.get(`quorate_requests_total get ${level} level_not_reached failed`);
    t.equal(counted, 1, level);
  }
  const last = { ...at('strong'), 'X-Consistency-Fallback': 'quorum, one' };
  const read = await send('GET', '/api/v1/kv/k', { headers: last });
  t.match(read.headers, { 'x-consistency-achieved': 'one', 'x-replicas': '1/3' });
});

t.test('who failed is named with the reason', async (t) => {
  const { cluster, send } = await clusterFor(t);
  await send('PUT', '/api/v1/kv/k', putOf(at('all')));
  cluster.network.gate = (from, to) => from !== 'n3' || to !== 'n1';
  const late = { ...at('all'), 'X-Timeout': '300ms' };
  const read = await send('GET', '/api/v1/kv/k', { headers: late });
  t.match(read.json, { code: 'deadline_passed', required: 3, received: 2 });
  const written = await send('PUT', '/api/v1/kv/k', putOf(late));
  t.match(written.json, { code: 'deadline_passed', outcome: 'unknown', required: 3, received: 2 });
});

t.test('operations of a batch are counted by level, and each has its receipt', async (t) => {
  const { send, counts } = await clusterFor(t);
  await send('PUT', '/api/v1/kv/k', putOf({}));
  const operations = [
    { op: 'put', key: 'a', value: 1, level: 'one' },
    { op: 'put', key: 'b', value: 1 },
    { op: 'get', key: 'k', level: 'strong' },
    { op: 'get', key: 'none' },
  ];
  const headers = { 'Content-Type': 'application/json' };
  const batch = await send('POST', '/api/v1/batch', {
    headers,
    body: JSON.stringify({ operations }),
  });
  t.match(batch.json, {
    results: [
      { receipt: { level: 'one', replicas: /\/3$/, durability: 'sync' } },
      { receipt: { level: 'quorum', durability: 'sync' } },
      { receipt: { level: 'strong' } },
      { code: 'not_found', receipt: { level: 'quorum' } },
    ],
  });
  for (const labels of ['put one ok', 'put quorum ok', 'get strong ok', 'get quorum not_found']) {
    t.equal(counts.get(`quorate_batch_operations_total ${labels}`), 1, labels);
  }
  await send('GET', '/api/v1/kv?prefix=a');
  t.equal(counts.get('quorate_requests_total list quorum ok answered'), 1);
});

t.test('what was asked for is named by whichever header, and by the namespace', async (t) => {
  const { send, counts } = await clusterFor(t);
  const json = { 'Content-Type': 'application/json', 'X-Consistency-Fallback': 'eventual' };
  const rules = { default_level: 'two', default_write_level: 'one' };
  const made = { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(rules) };
  t.match(await send('PUT', '/api/v1/namespaces/shop', made), { status: 200 });
  const batch = async (path: string, more: Record<string, string>) => {
    const of = [
      { op: 'put', key: 'a', value: 1 },
      { op: 'get', key: 'b' },
    ];
    const body = JSON.stringify({ operations: of });
    t.match(await send('POST', path, { headers: { ...json, ...more }, body }), { status: 207 });
  };
  await batch('/api/v1/namespaces/shop/batch', {});
  t.equal(counts.get('quorate_batch_operations_total put one ok'), 1);
  t.equal(counts.get('quorate_batch_operations_total get two not_found'), 1);
  await batch('/api/v1/batch', { 'Idempotency-Key': 'o1', 'X-Consistency-Level': 'one' });
  await batch('/api/v1/batch', { 'Idempotency-Key': 'o2' });
  t.equal(counts.get('quorate_batch_operations_total put strong ok'), 1);
  await batch('/api/v1/batch', { 'X-Max-Staleness': '60s' });
  t.equal(counts.get('quorate_batch_operations_total get bounded-staleness not_found'), 1);
  t.equal(counts.get('quorate_batch_operations_total put quorum ok'), 1);
  const within = { 'X-Max-Staleness': '60s', 'X-Consistency-Fallback': 'one' };
  t.match(await send('GET', '/api/v1/kv/a', { headers: within }), {
    headers: { 'x-consistency-achieved': /^bounded-staleness/ },
  });
  t.equal(counts.get('quorate_requests_total get bounded-staleness ok answered'), 1);
  const once = { ...putOf({ 'Idempotency-Key': 'o3' }) };
  await send('PUT', '/api/v1/kv/a', once);
  t.equal(counts.get('quorate_requests_total put strong ok answered'), 1);
  // No list can be read at the default of this namespace: it is read at quorum.
  const session = { ...made, body: JSON.stringify({ default_level: 'session' }) };
  t.match(await send('PUT', '/api/v1/namespaces/carts', session), { status: 200 });
  const list = { headers: { 'X-Consistency-Fallback': 'one' } };
  await send('GET', '/api/v1/namespaces/carts/kv?prefix=a', list);
  t.equal(counts.get('quorate_requests_total list quorum ok answered'), 1);
  t.same(
    [...counts.keys()].filter((name) => name.startsWith('quorate_fallbacks_total')),
    [],
  );
});
