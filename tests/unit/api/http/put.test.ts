/** Bodies of writes: JSON kept as written, bytes as they came, what is hardly meant refused. */
import t from 'tap';
import { serve } from '../served.js';

const JSON_HEADERS = { 'Content-Type': 'application/json' };
const PATH = '/api/v1/kv/k';

t.test('a JSON value is kept as it was written', async (t) => {
  const { node, send } = await serve(t);
  for (const value of [
    '12345678901234567890',
    '1.10',
    '{ "b" : 1, "a":[ 1 ,2 ] , "__proto__": {"x": 1} }',
    '"\\u00e9 é 💥"',
    'null',
    '[{"value":1,"value":2}]',
  ]) {
    const answer = await send('PUT', PATH, {
      headers: JSON_HEADERS,
      body: `{ "value" : ${value} \n}`,
    });
    t.equal(answer.status, 200, value);
    const change = node.puts.at(-1)?.change;
    t.match(change, { state: 'value', contentType: 'application/json' });
    t.equal(change?.state === 'value' && Buffer.from(change.value).toString(), value);
  }
});

t.test('time to live and context, in the body and in headers', async (t) => {
  const { node, send } = await serve(t);
  const put = async (body: string, headers: Record<string, string> = {}): Promise<unknown> => {
    const answer = await send('PUT', PATH, { headers: { ...JSON_HEADERS, ...headers }, body });
    if (answer.status !== 200) return answer.json?.['field'] ?? answer.json?.['code'];
    const { change, context } = node.puts.at(-1) ?? {};
    return [change?.state === 'value' && change.ttlSeconds, context];
  };
  t.same(await put('{"value":1}'), [undefined, undefined]);
  t.same(await put('{"value":1,"ttl":60,"context":"abc"}'), [60, 'abc']);
  t.same(await put('{"value":1,"ttl":"keep"}'), ['keep', undefined]);
  t.same(await put('{"value":1,"ttl":1e2}'), [100, undefined]);
  t.same(await put('{"value":1}', { 'X-TTL': '60', 'X-Causal-Context': 'abc' }), [60, 'abc']);
  t.same(await put('{"value":1}', { 'X-TTL': '2m' }), [120, undefined]);
  t.same(
    await put('{"value":1,"ttl":60,"context":"abc"}', { 'X-TTL': '60', 'X-Causal-Context': 'abc' }),
    [60, 'abc'],
  );
  t.equal(await put('{"value":1,"context":"abc"}', { 'X-Causal-Context': 'abd' }), 'context');
  t.equal(await put('{"value":1,"ttl":60}', { 'X-TTL': '61' }), 'ttl');
  for (const ttl of ['0', '-1', '1.5', '315360001', '"60"', 'null', 'true', '1e400']) {
    t.equal(await put(`{"value":1,"ttl":${ttl}}`), 'ttl', ttl);
  }
  for (const ttl of ['0', '-1', '1.5', '315360001', '1500ms', 'KEEP', '', 'a']) {
    t.equal(await put('{"value":1}', { 'X-TTL': ttl }), 'x-ttl', ttl);
  }
  t.equal(await put('{"value":1,"context":7}'), 'context');
  t.equal(await put('{"value":1,"context":""}'), 'invalid_context');
  t.equal(await put('{"value":1}', { 'X-Causal-Context': '' }), 'invalid_context');
});

t.test('broken bodies are refused, and name what is wrong', async (t) => {
  const { node, send } = await serve(t);
  const rows: readonly (readonly [body: string | Buffer, field: string])[] = [
    ['', 'body'],
    ['{', 'body'],
    ['{"value":1', 'body'],
    ['{"value":01}', 'body'],
    ['"text"', 'body'],
    ['[{"value":1}]', 'body'],
    ['null', 'body'],
    ['\ufeff{"value":1}', 'body'],
    [Buffer.from('{"value":"\xff"}', 'latin1'), 'body'],
    ['{}', 'value'],
    ['{"Value":1}', 'Value'],
    ['{"value":1,"TTL":5}', 'TTL'],
    ['{"value":1,"__proto__":{}}', '__proto__'],
    ['{"value":1,"constructor":{}}', 'constructor'],
    ['{"value":1,"value":2}', 'value'],
    ['{"value":1,"\\u0076alue":2}', 'value'],
  ];
  for (const [body, field] of rows) {
    const answer = await send('PUT', PATH, { headers: JSON_HEADERS, body });
    t.match(answer.json, { status: 400, code: 'invalid_request', field }, String(body));
  }
  t.equal(
    (await send('PUT', PATH, { headers: JSON_HEADERS, body: '{"value":"\ufffd"}' })).status,
    200,
  );
  t.equal(node.puts.length, 1);
});

t.test('bytes of any other type, or none', async (t) => {
  const { node, send } = await serve(t);
  const bytes = Buffer.from([0, 255, 1, 254]);
  const rows: readonly (readonly [type: string | undefined, stored: string])[] = [
    [undefined, 'application/octet-stream'],
    ['application/octet-stream', 'application/octet-stream'],
    ['image/png', 'image/png'],
    ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
    ['application/vnd.x+json', 'application/vnd.x+json'],
  ];
  for (const [type, stored] of rows) {
    const headers = { 'X-TTL': 'keep', ...(type === undefined ? {} : { 'Content-Type': type }) };
    t.equal((await send('PUT', PATH, { headers, body: bytes })).status, 200);
    t.same(node.puts.at(-1)?.change, {
      state: 'value',
      contentType: stored,
      value: bytes,
      ttlSeconds: 'keep',
    });
  }
  t.equal((await send('PUT', PATH)).status, 200, 'an empty value is a value');
  for (const type of ['', 'png', 'a/b/c', 'a b/c', `a/${'b'.repeat(300)}`]) {
    const answer = await send('PUT', PATH, { headers: { 'Content-Type': type }, body: bytes });
    t.match(answer.json, { status: 415 }, type);
  }
});

t.test('what clients send by default is refused with the right command', async (t) => {
  const { node, send } = await serve(t);
  const form = 'application/x-www-form-urlencoded';
  const rows: readonly (readonly [type: string, body: string, command: RegExp])[] = [
    [form, '{"value":1}', /-H 'Content-Type: application\/json' -d/],
    [form, 'plain', /-H 'Content-Type: application\/octet-stream' --data-binary/],
    [form, '', /octet-stream/],
    ['multipart/form-data; boundary=x', '--x--', /octet-stream/],
    ['text/plain;charset=UTF-8', '{"value":1}', /application\/json/],
    ['Text/HTML', ' {"ttl":1,"value":1} ', /application\/json/],
    ['text/plain', '{"value":1,"value":2}', /application\/json/],
    [form, '{"apples":1}', /application\/json' -d '{"value":{"apples":1}}' 'http/],
    [form, '[1]', /application\/json' -d '{"value":\[1\]}' 'http/],
    [form, '"hello"', /application\/json' -d '{"value":"hello"}' 'http/],
    [form, `"it's"`, /application\/json' -d '{"value": \.\.\.}' 'http/],
  ];
  for (const [type, body, command] of rows) {
    const headers = { 'Content-Type': type };
    const answer = await send('PUT', PATH, { headers, body });
    t.match(answer.json, { status: 415, code: 'unsupported_media_type', detail: command }, type);
    t.match(answer.json?.['detail'], /curl -X PUT .*'http:\/\/127.*\/api\/v1\/kv\/k'.*X-Raw: 1/);
    if (body.startsWith('{"value":1}')) t.match(answer.json?.['detail'], `-d '${body}'`);
    t.equal((await send('PUT', PATH, { headers: { ...headers, 'X-Raw': '1' }, body })).status, 200);
  }
  t.equal(node.puts.length, rows.length);
  const rest: readonly (readonly [headers: Record<string, string>, status: number])[] = [
    [{ 'Content-Type': 'text/plain', 'X-Raw': 'yes' }, 400],
    [{ ...JSON_HEADERS, 'X-Raw': '1' }, 400],
    [{ 'Content-Type': 'application/json; charset=latin1' }, 415],
    [{ 'Content-Type': 'application/json; charset=UTF-8' }, 200],
    [{ ...JSON_HEADERS, 'Content-Encoding': 'gzip' }, 415],
    [{ ...JSON_HEADERS, 'Content-Encoding': 'identity' }, 200],
  ];
  for (const [headers, status] of rest) {
    const answer = await send('PUT', PATH, { headers, body: '{"value":1}' });
    t.equal(answer.status, status, JSON.stringify(headers));
  }
});

t.test('a delete is a write without a body', async (t) => {
  const { node, send } = await serve(t);
  const answer = await send('DELETE', PATH, { headers: { 'X-Causal-Context': 'abc' } });
  t.equal(answer.status, 200);
  t.same(Object.keys(answer.json ?? {}), ['key', 'version', 'context', 'replaced']);
  t.match(node.puts[0], { change: { state: 'tombstone' }, context: 'abc' });
  const seen = '{"context":"abc"}';
  const headers = { ...JSON_HEADERS, 'Content-Length': String(seen.length) };
  const body = await send('DELETE', PATH, { headers, body: seen });
  t.match(body.json, { status: 400, field: 'body' });
  t.match((await send('DELETE', PATH, { headers: { 'X-TTL': '5' } })).json, { status: 400 });
  t.equal(node.puts.length, 1);
});
