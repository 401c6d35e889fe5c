/** What was made of a value for one answer serves others: each must say what it would have said. */
import t, { type Test } from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';
import { type Answer, type Sent, serveNode } from './served.js';

const PARTITIONS = 16;
const DAY_SECONDS = 86_400;

async function served(t: Test) {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const api = await serveNode(t, cluster.node('n1'), { requestsInFlightMax: 4096 });
  const send = (method: string, path: string, sent: Sent = {}): Promise<Answer> =>
    cluster.wait(api.send(method, path, sent));
  const put = async (key: string, value: unknown, more: object = {}): Promise<void> => {
    const headers = { 'Content-Type': 'application/json', 'X-Consistency-Level': 'all' };
    const sent = { headers, body: JSON.stringify({ value, ...more }) };
    t.equal((await send('PUT', `/api/v1/kv/${key}`, sent)).status, 200);
  };
  const get = (key: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    send('GET', `/api/v1/kv/${key}`, { headers });
  const isKept = (key: string): boolean => {
    const at = recordKey('default', key, PARTITIONS);
    return cluster.node('n1').disk.table.read(at)?.rendering !== undefined;
  };
  return { cluster, send, put, get, isKept };
}

/** But for the id of the request and the time of day. */
function plain({ status, headers, text }: Answer) {
  const rest = Object.entries(headers).filter(([name]) => !/^(?:x-request-id|date)$/.test(name));
  return { status, text, headers: Object.fromEntries(rest) };
}

t.test('it is kept from the second read on, and each answer is as the first', async (t) => {
  const { get, put, isKept } = await served(t);
  await put('k', { text: 'Zoë', n: 12345678901234567890n.toString() });
  const first = await get('k', { 'X-Consistency-Level': 'one' });
  t.notOk(isKept('k'));
  const answers = [];
  for (let n = 0; n < 3; n += 1) answers.push(await get('k', { 'X-Consistency-Level': 'one' }));
  t.ok(isKept('k'));
  for (const answer of answers) t.strictSame(plain(answer), plain(first));
  t.match(first.text, 'Zoë');
  t.equal(first.headers['content-length'], String(Buffer.byteLength(first.text)));
  const ids = new Set([first, ...answers].map(({ headers }) => headers['x-request-id']));
  t.equal(ids.size, 4, 'each has an id of its own');
});

t.test('levels, receipts, tags and HEAD differ as they must', async (t) => {
  const { get, send, put, isKept } = await served(t);
  await put('k', 1);
  const first = await get('k', { 'X-Consistency-Level': 'one' });
  for (let n = 0; n < 2; n += 1) await get('k', { 'X-Consistency-Level': 'one' });
  t.ok(isKept('k'));
  t.match(first.headers, { 'x-consistency-achieved': 'one', 'x-replicas': '1/3' });
  const quorum = await get('k', { 'X-Consistency-Level': 'quorum' });
  t.match(quorum.headers, { 'x-consistency-achieved': 'quorum', 'x-replicas': '2/3' });
  const all = await get('k', { 'X-Consistency-Level': 'all', Accept: 'text/plain' });
  t.match(all.headers, { 'x-consistency-achieved': 'all', 'x-replicas': '3/3' });
  for (const answer of [quorum, all]) t.equal(answer.text, first.text);
  const tag = String(first.headers.etag);
  t.match(await get('k', { 'If-None-Match': tag }), { status: 304, text: '' });
  t.match(await get('k', { 'If-None-Match': '"other"' }), { status: 200, text: first.text });
  const head = await send('HEAD', '/api/v1/kv/k', { headers: { 'X-Consistency-Level': 'one' } });
  t.strictSame(plain(head), { ...plain(first), text: '' });
  const list = await send('GET', '/api/v1/kv/k?siblings=list');
  t.match(list.json, { siblings: [{ value: 1 }], context: first.json?.['context'] });
  const version = String(first.json?.['version']);
  const one = await send('GET', `/api/v1/kv/k?version=${encodeURIComponent(version)}`);
  t.match(one.json, { value: 1, version });
  t.equal(one.json?.['context'], undefined, 'a version alone has no context');
});

t.test('bytes are bytes or JSON, by what is asked', async (t) => {
  const { get, send, isKept } = await served(t);
  const sent = { headers: { 'Content-Type': 'image/png' }, body: Buffer.from([0, 1, 255]) };
  await send('PUT', '/api/v1/kv/b', sent);
  for (let n = 0; n < 3; n += 1) {
    const json = await get('b', { Accept: 'application/json' });
    t.match(json.json, { value_base64: 'AAH/', content_type: 'image/png' });
    const bytes = await get('b');
    t.equal(bytes.headers['content-type'], 'image/png');
    t.strictSame([...bytes.bytes], [0, 1, 255]);
  }
  t.ok(isKept('b'));
});

t.test('a write ends it, here and from elsewhere; what ends by itself is never kept', async (t) => {
  const { cluster, get, put, isKept } = await served(t);
  await put('k', 'before');
  for (let n = 0; n < 3; n += 1) await get('k');
  t.ok(isKept('k'));
  await put('k', 'after');
  t.notOk(isKept('k'));
  for (let n = 0; n < 3; n += 1) t.match((await get('k')).json, { value: 'after' });
  t.ok(isKept('k'));
  await cluster.put('n2', 'k', 'from elsewhere', { level: 'all' });
  t.match((await get('k')).text, 'from elsewhere');
  await put('ends', 'soon', { ttl: DAY_SECONDS });
  for (let n = 0; n < 3; n += 1) t.match((await get('ends')).json, { value: 'soon' });
  t.notOk(isKept('ends'));
  await put('long', 'x'.repeat(5000));
  for (let n = 0; n < 3; n += 1) await get('long');
  t.notOk(isKept('long'));
});

t.test('siblings are shown as siblings, also where one of them was kept', async (t) => {
  const { cluster, get, put } = await served(t);
  await put('k', 'first');
  const { context } = (await get('k')).json as { context: string };
  for (let n = 0; n < 3; n += 1) await get('k');
  await cluster.put('n2', 'k', 'one', { context, level: 'all' });
  for (let n = 0; n < 3; n += 1) t.match(await get('k'), { status: 200 });
  await cluster.put('n3', 'k', 'two', { context, level: 'all' });
  for (let n = 0; n < 3; n += 1) t.match(await get('k'), { status: 409 });
});
