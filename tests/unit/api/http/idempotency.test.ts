/** `Idempotency-Key` over HTTP: which request it is, what is answered, and what became of it. */
import t from 'tap';
import { idempotencyKeyOf } from '../../../../lib/api/http/idempotency-key.js';
import { OperatingError } from '../../../../lib/errors.js';
import { WRITTEN } from '../fake-node.js';
import { serve } from '../served.js';

const JSON_HEADERS = { 'Content-Type': 'application/json' };
const PATH = '/api/v1/kv/k';

t.test('a key is a text, or the string of a structured field', async (t) => {
  t.equal(idempotencyKeyOf(undefined), undefined);
  t.equal(idempotencyKeyOf('8e03978e-40d5'), '8e03978e-40d5');
  t.equal(idempotencyKeyOf(' "8e03978e-40d5" '), '8e03978e-40d5');
  t.equal(idempotencyKeyOf('"a\\"b\\\\c"'), 'a"b\\c');
  t.equal(idempotencyKeyOf('k'.repeat(255)), 'k'.repeat(255));
  for (const bad of ['', '""', 'a b', '"a b"', '"a', 'a"b', 'é', 'k'.repeat(256), 'a\tb']) {
    t.throws(() => idempotencyKeyOf(bad), { code: 'invalid_request' }, bad.slice(0, 9));
  }
});

t.test('a write is answered alike, and says that it was there before', async (t) => {
  const { node, send } = await serve(t);
  const sent = { headers: { ...JSON_HEADERS, 'Idempotency-Key': '"op-1"' }, body: '{"value":1}' };
  const first = await send('PUT', PATH, sent);
  node.answerPut = () => ({ ...WRITTEN, version: 'n9.1.0123456789ab.9' });
  const again = await send('PUT', PATH, {
    ...sent,
    headers: { ...sent.headers, 'X-Timeout': '9s' },
  });
  t.match(first, { status: 200, headers: { 'x-operation-id': 'op-1' } });
  t.equal(first.headers['idempotent-replayed'], undefined);
  t.equal(again.headers['idempotent-replayed'], 'true');
  t.equal(again.text, first.text);
  for (const name of ['x-causal-context', 'x-consistency-achieved', 'x-replicas', 'etag']) {
    t.equal(again.headers[name], first.headers[name], name);
  }
  t.equal(node.puts.length, 1);
  t.ok(node.puts[0]?.once, 'it takes effect once');
});

t.test('any other request under the key is refused', async (t) => {
  const { node, send } = await serve(t);
  const headers = { ...JSON_HEADERS, 'Idempotency-Key': 'op' };
  const sent = { headers, body: '{"value":1}' };
  await send('PUT', PATH, sent);
  const others: readonly (readonly [method: string, path: string, sent: object])[] = [
    ['PUT', PATH, { headers, body: '{"value":2}' }],
    ['PUT', PATH, { headers, body: '{"value":1,"ttl":5}' }],
    ['PUT', PATH, { headers, body: '{"value":1,"context":"abc"}' }],
    ['PUT', '/api/v1/kv/other', sent],
    ['PUT', '/api/v1/namespaces/shop/kv/k', sent],
    ['PUT', PATH, { ...sent, headers: { ...headers, 'X-Consistency-Level': 'one' } }],
    ['PUT', PATH, { ...sent, headers: { ...headers, 'X-Durability': 'os' } }],
    ['PUT', PATH, { ...sent, headers: { ...headers, 'If-None-Match': '*' } }],
    ['PUT', PATH, { ...sent, headers: { ...headers, 'If-Match': '"a"' } }],
    ['PUT', PATH, { headers: { 'Idempotency-Key': 'op', 'Content-Type': 'a/b' }, body: '1' }],
    ['DELETE', PATH, { headers: { 'Idempotency-Key': 'op' } }],
    ['POST', `${PATH}/conflicts/resolve`, { headers, body: '{"context":"a","strategy":"max"}' }],
  ];
  for (const [method, path, other] of others) {
    const { json } = await send(method, path, other);
    const problem = { status: 422, code: 'idempotency_key_reused', outcome: 'none' };
    t.match(json, problem, `${method} ${path} ${JSON.stringify(other)}`);
  }
  t.equal(node.puts.length, 1);
});

t.test('a refusal is answered again, too', async (t) => {
  const { node, send } = await serve(t);
  node.answerPut = () => {
    throw new OperatingError('precondition_failed', 'no', { details: { version: 'v' } });
  };
  const sent = { headers: { 'Idempotency-Key': 'op', 'If-Match': '"x"' } };
  const first = await send('DELETE', PATH, sent);
  node.answerPut = () => WRITTEN;
  const again = await send('DELETE', PATH, sent);
  t.match(first.json, { status: 412, code: 'precondition_failed' });
  t.equal(again.text, first.text);
  t.equal(again.status, 412);
});

t.test(
  'a batch: its writes are operations of their own, under its key and their places',
  async (t) => {
    const { node, send } = await serve(t);
    const body =
      '{"operations":[{"op":"get","key":"a"},{"op":"put","key":"b","value":1},' +
      '{"op":"delete","key":"c"}]}';
    const sent = { headers: { ...JSON_HEADERS, 'Idempotency-Key': 'op' }, body };
    const first = await send('POST', '/api/v1/batch', sent);
    t.equal(first.status, 207, 'a key without a value is 404');
    t.same([...node.operations.answered.keys()].sort(), ['op 1', 'op 2']);
    const again = await send('POST', '/api/v1/batch', sent);
    const writes = ({ json }: typeof first) => ((json?.['results'] ?? []) as unknown[]).slice(1);
    t.same(writes(again), writes(first));
    t.equal(node.puts.length, 2);
    t.equal(node.gets.length, 2, 'reads are read anew');
    t.same(
      node.operations.bound.map(({ id, writes: places }) => [id, places]),
      [
        ['op', [1, 2]],
        ['op', [1, 2]],
      ],
    );
    const [bound] = node.operations.bound;
    await send('POST', '/api/v1/batch', { ...sent, body: body.replace('"value":1', '"value":2') });
    t.not(node.operations.bound[2]?.payload, bound?.payload);
  },
);

t.test('a batch has one deadline, for its key and for its operations', async (t) => {
  const { node, send } = await serve(t);
  node.operations.bindMilliseconds = 60;
  const headers = { ...JSON_HEADERS, 'Idempotency-Key': 'op', 'X-Timeout': '50' };
  const body = '{"operations":[{"op":"get","key":"a"},{"op":"put","key":"b","value":1}]}';
  const { json } = await send('POST', '/api/v1/batch', { headers, body });
  t.match(json, { failed: 2, results: [{ status: 504 }, { status: 504 }] });
  t.equal(node.gets.length + node.puts.length, 0);
});

t.test('what does not go with a key is refused', async (t) => {
  const { node, send } = await serve(t);
  const headers = { 'Idempotency-Key': 'op' };
  t.match((await send('GET', PATH, { headers })).json, { status: 400, field: 'idempotency-key' });
  // What became of "." could not be asked for: it is folded in a path.
  for (const key of ['a b', '.', '..', '"."', '".."']) {
    const bad = { headers: { 'Idempotency-Key': key } };
    const { json } = await send('DELETE', PATH, bad);
    t.match(json, { status: 400, field: 'idempotency-key' }, key);
  }
  t.equal(node.gets.length + node.puts.length, 0);
});

t.test('what became of an operation', async (t) => {
  const { node, send } = await serve(t);
  const ask = (id: string) => send('GET', `/api/v1/operations/${encodeURIComponent(id)}`);
  t.match((await ask('op')).json, { status: 404, code: 'not_found', operation: 'op' });
  const about = { namespace: 'default', key: 'k' };
  node.operations.report = { status: 'pending', ...about };
  t.same((await ask('op')).json, { id: 'op', status: 'pending', ...about });
  const answer = { status: 200, headers: [], body: '{"version":"v"}', result: 'ok', version: 'v' };
  node.operations.report = { status: 'done', ...about, answer };
  const shown = { status: 200, body: { version: 'v' } };
  t.same((await ask('op')).json, { id: 'op', status: 'done', ...about, answer: shown });
  node.operations.report = { status: 'batch', writes: [0, 2] };
  t.same((await ask('op')).json, { id: 'op', status: 'batch', operations: ['op 0', 'op 2'] });
  t.match((await send('GET', '/api/v1/operations')).json, { status: 404 });
});

t.test('a write that is ended by asking is answered as it would have been', async (t) => {
  const { node, send } = await serve(t);
  const bodyOf = async (id: string): Promise<unknown> => {
    await send('GET', `/api/v1/operations/${encodeURIComponent(id)}`);
    return JSON.parse(node.operations.ending?.written(WRITTEN).body ?? '');
  };
  t.notMatch(await bodyOf('op'), { status: 200 }, 'alone it has its status in the answer');
  const receipt = { level: 'quorum' };
  t.match(await bodyOf('op 1'), { status: 200, receipt, key: 'k' }, 'a result of a batch');
});
