/** The API as a whole: paths, methods, ids, limits, and what never happens. */
import t from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import { found, versionOf, WRITTEN } from './fake-node.js';
import { serve } from './served.js';

const JSON_HEADERS = { 'Content-Type': 'application/json' };

t.test('a put and a get, as JSON', async (t) => {
  const { node, send } = await serve(t);
  const put = await send('PUT', '/api/v1/kv/a%2Fb', {
    headers: JSON_HEADERS,
    body: '{"value": 1.10}',
  });
  t.equal(put.status, 200);
  t.same(put.json, {
    key: 'a/b',
    version: WRITTEN.version,
    context: WRITTEN.context,
    replaced: WRITTEN.replaced,
  });
  t.match(node.puts[0], { namespace: 'default', key: 'a/b', durability: undefined });
  t.match(put.headers, {
    'x-replicas': '2/3',
    'x-durability': 'sync',
    'x-consistency-achieved': 'quorum',
    'x-causal-context': 'TmV3',
    'x-request-id': 'r1',
    'cache-control': 'no-store',
  });
  node.answerGet = () => found(versionOf(7, 'application/json', '12345678901234567890'));
  const get = await send('GET', '/api/v1/kv/%C3%A9');
  t.equal(get.status, 200);
  t.equal(node.gets[0]?.key, 'é');
  t.match(get.text, /"value":12345678901234567890,/);
  t.match(get.json, { key: 'é', written_at: '2026-01-02T03:04:05.678Z', context: 'Q29udGV4dA' });
});

t.test('nothing else is there, and says so', async (t) => {
  const { send } = await serve(t);
  for (const path of ['/nowhere', '/api/v1/kvx', '/api/v1/cluster/status/', '/API/v1', '/%ff']) {
    const answer = await send('GET', path);
    t.match(answer.json, { status: 404, code: 'not_found', outcome: 'none' }, path);
  }
});

t.test('a header that cannot be sent harms nobody', async (t) => {
  const { node, send } = await serve(t);
  node.answerGet = () => found(versionOf(1, 'a/b\r\nX-Forged: 1', 'x'));
  const answer = await send('GET', '/api/v1/kv/k');
  t.match(answer.json, { status: 500, code: 'internal' });
  t.notOk('x-forged' in answer.headers);
  t.equal(node.logged.length, 1);
});

t.test('what is unexpected is a problem without a stack, and is logged', async (t) => {
  const { node, send } = await serve(t);
  node.answerGet = () => {
    throw new TypeError('secret inner matter');
  };
  const answer = await send('GET', '/api/v1/kv/k');
  t.match(answer.json, { status: 500, code: 'internal', outcome: 'none', request_id: 'r1' });
  t.notMatch(answer.text, /secret|at .*\.js/);
  t.equal(node.logged.length, 1);
  node.answerGet = () => {
    throw new OperatingError('level_not_reached', 'two of three are down', {
      details: { required: 2 },
    });
  };
  const refused = await send('GET', '/api/v1/kv/k');
  t.match(refused.json, { status: 503, required: 2, retryable: true });
  t.equal(refused.headers['retry-after'], '1');
  t.equal(node.logged.length, 1);
});
