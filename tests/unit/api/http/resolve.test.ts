/** Resolving by request: what the body may be, and what reaches the coordinator. */
import t from 'tap';
import { type Sent, serve } from '../served.js';

const PATH = '/api/v1/kv/k/conflicts/resolve';
const JSON_HEADERS = { 'Content-Type': 'application/json' };

t.test('a strategy, or a value as it was written; the level and what an ack means', async (t) => {
  const { node, send } = await serve(t);
  const headers = {
    ...JSON_HEADERS,
    ...{ 'X-Consistency-Level': 'all', 'X-Durability': 'os', 'X-Timeout': '2s' },
  };
  const body = '{"context":"abc","strategy":"set-union"}';
  t.equal((await send('POST', PATH, { headers, body })).status, 200);
  t.match(node.resolves.at(-1), {
    ...{ key: 'k', level: 'all', durability: 'os', timeoutMilliseconds: 2000, context: 'abc' },
    ...{ by: '127.0.0.1', resolution: { kind: 'strategy', strategy: 'set-union' } },
  });
  const exact = '{"value": 12345678901234567890.10 , "context":"abc"}';
  const answer = await send('POST', '/api/v1/kv/conflicts/resolve?key=..', {
    headers: JSON_HEADERS,
    body: exact,
  });
  t.match(answer.json, { key: '..', context: 'TmV3' });
  const { resolution, key } = node.resolves.at(-1) ?? {};
  t.equal(key, '..');
  t.strictSame(resolution?.kind === 'value' && [resolution.contentType, String(resolution.value)], [
    'application/json',
    '12345678901234567890.10',
  ]);
});

t.test('everything else is refused, and nothing reaches the coordinator', async (t) => {
  const { node, send } = await serve(t);
  const good = '{"context":"abc","strategy":"max"}';
  const rows: readonly (readonly [sent: Sent, status: number, field?: string])[] = [
    [{ headers: { 'Content-Type': 'text/plain' }, body: good }, 415],
    [{ body: good }, 415],
    [{ headers: { ...JSON_HEADERS, 'Content-Encoding': 'gzip' }, body: good }, 415],
    [{ headers: JSON_HEADERS, body: '' }, 400, 'body'],
    [{ headers: JSON_HEADERS, body: '{"strategy":"max"}' }, 400, 'context'],
    [{ headers: JSON_HEADERS, body: '{"context":7,"strategy":"max"}' }, 400, 'context'],
    [{ headers: JSON_HEADERS, body: '{"context":"abc","strategy":7}' }, 400, 'strategy'],
    [{ headers: JSON_HEADERS, body: '{"context":"abc","strategy":null}' }, 400, 'strategy'],
    [
      { headers: JSON_HEADERS, body: '{"context":"a","strategy":"max","value":1}' },
      400,
      'strategy',
    ],
    [{ headers: JSON_HEADERS, body: '{"context":"a","value":1,"ttl":5}' }, 400, 'ttl'],
    [{ headers: { ...JSON_HEADERS, 'X-TTL': '5' }, body: good }, 400, 'x-ttl'],
    [{ headers: { ...JSON_HEADERS, 'X-Causal-Context': 'xyz' }, body: good }, 400, 'context'],
  ];
  for (const [sent, status, field] of rows) {
    const answer = await send('POST', PATH, sent);
    const expected = { status, outcome: 'none', ...(field === undefined ? {} : { field }) };
    t.match(answer.json, expected, JSON.stringify(sent));
  }
  t.equal(
    (await send('POST', `${PATH}?siblings=list`, { headers: JSON_HEADERS, body: good })).status,
    400,
  );
  t.strictSame(node.resolves, []);
});
