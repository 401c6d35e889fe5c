/** Batches: read strictly, executed one by one, answered as the single requests would be. */
import fc from 'fast-check';
import t from 'tap';
import { OperatingError } from '../../../../lib/errors.js';
import { ABSENT, found, versionOf, WRITER, WRITTEN } from '../fake-node.js';
import type { Answer, Served } from '../served.js';
import { serve } from '../served.js';
import { reached } from '../../in-time.js';

const PATH = '/api/v1/batch';
const JSON_HEADERS = { 'Content-Type': 'application/json' };

type Headers = Readonly<Record<string, string>>;

/** `operations` are JSON texts. */
function batch(
  { send }: Served,
  operations: readonly string[],
  headers: Headers = {},
): Promise<Answer> {
  const body = `{"operations":[${operations.join(',')}]}`;
  return send('POST', PATH, { headers: { ...JSON_HEADERS, ...headers }, body });
}

function resultsOf({ json }: Answer): readonly Record<string, unknown>[] {
  return (json?.['results'] ?? []) as Record<string, unknown>[];
}

interface One {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly key: string;
  readonly level: string | undefined;
  readonly valueText: string;
  readonly bytes: Uint8Array | undefined;
  readonly ttl: number | 'keep' | undefined;
  readonly context: string | undefined;
  readonly headers: Headers;
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const one: fc.Arbitrary<One> = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'DELETE'),
  key: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
  level: maybe(fc.constantFrom('one', 'quorum', 'nonsense', '2')),
  valueText: fc.oneof(
    fc.constantFrom('12345678901234567890.10', '" \\u00e9\\\\"', '{"a": [1 , 2]}', 'null'),
    fc.jsonValue().map((value) => JSON.stringify(value)),
  ),
  bytes: maybe(fc.uint8Array({ maxLength: 5 })),
  ttl: maybe(fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.constant<'keep'>('keep'))),
  context: maybe(fc.constantFrom('abc', 'forged')),
  headers: fc.record(
    {
      'X-Consistency-Level': fc.constantFrom('one', 'ALL'),
      'X-Consistency-Fallback': fc.constant('two, one'),
      'X-Durability': fc.constantFrom('os', 'memory'),
    },
    { requiredKeys: [] },
  ),
});

function asOperation({ method, key, level, valueText, bytes, ttl, context }: One): string {
  const members = [`"op":"${method.toLowerCase()}"`, `"key": ${JSON.stringify(key)}`];
  if (level !== undefined) members.push(`"level":"${level}"`);
  if (method !== 'GET' && context !== undefined) members.push(`"context":"${context}"`);
  if (method === 'PUT') {
    if (bytes === undefined) members.push(`"value" :\n${valueText} `);
    else {
      const base64 = Buffer.from(bytes).toString('base64');
      members.push(`"value_base64":"${base64}","content_type":"a/b"`);
    }
    if (ttl !== undefined) members.push(`"ttl":${JSON.stringify(ttl)}`);
  }
  return `{${members.join(' ,')}}`;
}

/** The same as a request of its own. */
function alone({ send }: Served, single: One): Promise<Answer> {
  const { method, key, level, valueText, bytes, ttl, context, headers } = single;
  const writes = method !== 'GET';
  return send(method, `/api/v1/kv?key=${encodeURIComponent(key)}`, {
    headers: {
      ...headers,
      ...(level === undefined ? {} : { 'X-Consistency-Level': level }),
      ...(writes && context !== undefined ? { 'X-Causal-Context': context } : {}),
      ...(method === 'PUT' && ttl !== undefined ? { 'X-TTL': String(ttl) } : {}),
      ...(method === 'PUT' ? { 'Content-Type': bytes ? 'a/b' : 'application/json' } : {}),
      Accept: 'application/json',
    },
    ...(method === 'PUT' ? { body: bytes ?? `{"value":${valueText}}` } : {}),
  });
}

t.test('a batch of one asks and answers what the single request does', async (t) => {
  const served = await serve(t);
  const { node } = served;
  const versions = [versionOf(5, 'application/json', '1.10'), versionOf(6, 'a/b', 'x')];
  node.answerGet = ({ key, level }) => {
    if (level === 'nonsense') throw new OperatingError('invalid_level', 'no such level');
    return key < 'a' ? ABSENT : found(...(key < 'm' ? versions.slice(0, 1) : versions));
  };
  node.answerPut = ({ context }) => {
    if (context === 'forged') throw new OperatingError('invalid_context', 'not of this key');
    return WRITTEN;
  };
  await fc.assert(
    fc.asyncProperty(one, async (single) => {
      node.gets.length = 0;
      node.puts.length = 0;
      const answer = await alone(served, single);
      const many = await batch(served, [asOperation(single)], single.headers);
      const [result = {}] = resultsOf(many);
      const { status, receipt, request_id, ...body } = result;
      const { status: _, request_id: __, ...expected } = answer.json ?? {};
      t.same(body, expected);
      t.equal(status, answer.status);
      t.equal(many.status, answer.status < 400 ? 200 : 207);
      if (receipt !== undefined) t.match(receipt, { replicas: answer.headers['x-replicas'] });
      for (const [asked, again] of [node.gets, node.puts]) {
        const timeoutMilliseconds = undefined;
        t.same({ ...again, timeoutMilliseconds }, { ...asked, timeoutMilliseconds });
      }
    }),
    { numRuns: 150 },
  );
});

t.test('a batch that is not understood is refused whole, and says where', async (t) => {
  const served = await serve(t);
  const good = '{"op":"put","key":"a","value":1}';
  const rows: readonly (readonly [operation: string, code: string, field?: string])[] = [
    ['{"op":"got","key":"k"}', 'invalid_request', 'op'],
    ['{"key":"k"}', 'invalid_request', 'op'],
    ['{"op":"get"}', 'invalid_request', 'key'],
    ['{"op":"get","key":7}', 'invalid_request', 'key'],
    ['{"op":"get","key":""}', 'invalid_key'],
    ['{"op":"get","key":"\\ud800"}', 'invalid_key'],
    [`{"op":"get","key":"${'k'.repeat(1025)}"}`, 'invalid_key'],
    ['{"op":"get","key":"k","value":1}', 'invalid_request', 'value'],
    ['{"op":"get","key":"k","more":1}', 'invalid_request', 'more'],
    ['{"op":"get","key":"k","key":"k"}', 'invalid_request', 'key'],
    ['{"op":"get","key":"k","level":{}}', 'invalid_request', 'level'],
    ['{"op":"put","key":"k"}', 'invalid_request', 'value'],
    ['{"op":"put","key":"k","value":1,"value_base64":""}', 'invalid_request', 'value'],
    ['{"op":"put","key":"k","value":1,"content_type":"a/b"}', 'invalid_request', 'content_type'],
    ['{"op":"put","key":"k","value_base64":"eA"}', 'invalid_request', 'value_base64'],
    ['{"op":"put","key":"k","value_base64":"e_=="}', 'invalid_request', 'value_base64'],
    ['{"op":"put","key":"k","value":1,"ttl":0}', 'invalid_request', 'ttl'],
    ['{"op":"put","key":"k","value":1,"context":7}', 'invalid_request', 'context'],
    ['{"op":"delete","key":"k","ttl":60}', 'invalid_request', 'ttl'],
    [good, 'invalid_request', 'key'],
    ['7', 'invalid_request', 'body'],
  ];
  for (const [operation, code, field] of rows) {
    const answer = await batch(served, [good, operation]);
    const expected = { status: 400, code, index: 1, outcome: 'none' };
    t.match(answer.json, field === undefined ? expected : { ...expected, field }, operation);
  }
  const typed = '{"op":"put","key":"k","value_base64":"eA==","content_type":';
  t.match((await batch(served, [`${typed}"application/json"}`])).json, { field: 'content_type' });
  t.match((await batch(served, [`${typed}"no type"}`])).json, { status: 415, index: 0 });
  t.equal(served.node.gets.length + served.node.puts.length, 0, 'nothing was done');
});

t.test('so is one whose body or headers are not understood', async (t) => {
  const { node, send } = await serve(t);
  const get = '{"op":"get","key":"k"}';
  const bodies: readonly (readonly [body: string, field: string])[] = [
    ['', 'body'],
    ['[]', 'body'],
    ['{"operations":[', 'body'],
    ['{}', 'operations'],
    ['{"operations":{}}', 'operations'],
    ['{"operations":[]}', 'operations'],
    [`{"operations":[${Array.from({ length: 1001 }, () => get).join(',')}]}`, 'operations'],
    [`{"operations":[${get}],"atomic":true}`, 'atomic'],
    [`{"operations":[${get}],"operations":[${get}]}`, 'operations'],
  ];
  for (const [body, field] of bodies) {
    const answer = await send('POST', PATH, { headers: JSON_HEADERS, body });
    t.match(answer.json, { status: 400, code: 'invalid_request', field }, body.slice(0, 40));
  }
  const body = `{"operations":[${get}]}`;
  const headers: readonly (readonly [headers: Headers, status: number])[] = [
    [{ 'X-Causal-Context': 'abc' }, 400],
    [{ 'X-TTL': '60' }, 400],
    [{ 'X-Raw': '1' }, 400],
    [{ 'X-Consistency': 'one' }, 400],
    [{ 'X-Timeout': '0' }, 400],
    [{ 'X-Read-Repair': 'maybe' }, 400],
    [{ 'X-Durability': 'none' }, 400],
    [{ 'If-None-Match': '*' }, 400],
    [{ 'If-Match': '"x"' }, 400],
    [{ 'Idempotency-Key': 'a b' }, 400],
    [{ 'Content-Type': 'text/plain' }, 415],
    [{ 'Content-Encoding': 'gzip' }, 415],
  ];
  for (const [more, status] of headers) {
    const answer = await send('POST', PATH, { headers: { ...JSON_HEADERS, ...more }, body });
    t.equal(answer.status, status, JSON.stringify(more));
  }
  const sent = { headers: JSON_HEADERS, body };
  t.match((await send('GET', PATH)).json, { status: 405, allow: ['POST'] });
  t.match((await send('POST', `${PATH}?atomic=1`, sent)).json, { status: 400, field: 'atomic' });
  t.equal((await send('POST', `${PATH}/`, sent)).status, 404);
  t.equal(node.gets.length, 0);
});

t.test('values keep the text in which they were written', async (t) => {
  const served = await serve(t);
  await batch(served, ['{"op":"put","key":"a","value": {"n": 12345678901234567890.10} }']);
  const [put] = served.node.puts;
  const stored = put?.change.state === 'value' ? put.change.value : Buffer.alloc(0);
  t.equal(Buffer.from(stored).toString(), '{"n": 12345678901234567890.10}');
  served.node.answerGet = () => found(versionOf(7, 'application/json', '[1.10, "é"]'));
  const answer = await batch(served, ['{"op":"get","key":"é"}']);
  t.match(answer.text, '"value":[1.10, "é"],');
  t.match(resultsOf(answer), [{ key: 'é', version: `${WRITER}.7` }]);
});

t.test('a failure is of its operation, and a bug is logged and not answered', async (t) => {
  const served = await serve(t);
  served.node.answerPut = ({ key }) => {
    if (key === 'b') throw new OperatingError('outcome_unknown', 'too few answered');
    if (key === 'c') throw new TypeError('secret');
    return WRITTEN;
  };
  const puts = ['a', 'b', 'c'].map((key) => `{"op":"put","key":"${key}","value":1}`);
  const answer = await batch(served, puts, { 'X-Request-Id': 'mine' });
  t.match(answer.json, {
    failed: 2,
    results: [
      { status: 200 },
      { status: 503, code: 'outcome_unknown', outcome: 'unknown', request_id: 'mine' },
      { status: 500, code: 'internal', outcome: 'unknown' },
    ],
  });
  t.notMatch(answer.text, 'secret');
  t.equal(served.node.logged.length, 1);
  t.match(served.node.counted.join('\n'), /batch none partial answered/);
  t.match(served.node.counted.join('\n'), /put quorum outcome_unknown/);
});

t.test('few are read at once while nobody knows how large they are', async (t) => {
  const served = await serve(t, { batchBytesMax: 100_000, requestsInFlightMax: 1000 });
  let reading = 0;
  let most = 0;
  const { coordination } = served.node;
  const get = coordination.get.bind(coordination);
  coordination.get = async (request) => {
    reading += 1;
    most = Math.max(most, reading);
    await new Promise((resolve) => setImmediate(resolve));
    reading -= 1;
    return get(request);
  };
  served.node.answerGet = () => found(versionOf(1, 'a/b', 'x'.repeat(20_000)));
  const gets = Array.from({ length: 100 }, (_, i) => `{"op":"get","key":"k${i}"}`);
  const answer = await batch(served, gets);
  t.equal(resultsOf(answer).filter(({ status }) => status === 200).length, 3);
  t.ok(most <= 16, `${most} at once`);
  t.ok(served.node.gets.length < 40, `${served.node.gets.length} of 100 were read`);
});

t.test('an answer is bounded: what finds no room is left out, and not even read', async (t) => {
  const batchBytesMax = 10_000;
  const served = await serve(t, { batchBytesMax, requestsInFlightMax: 1000 });
  served.node.answerGet = () => found(versionOf(1, 'a/b', 'x'.repeat(3000)));
  const gets = Array.from({ length: 150 }, (_, i) => `{"op":"get","key":"k${i}"}`);
  const answer = await batch(served, [...gets, '{"op":"put","key":"last","value":1}']);
  const left = resultsOf(answer).filter(({ code }) => code === 'answer_too_large');
  t.equal(answer.json?.['failed'], left.length);
  t.match(left[0], { status: 413, limit: batchBytesMax, outcome: 'none', retryable: false });
  t.equal(resultsOf(answer).filter(({ status }) => status === 200).length, 3);
  t.ok(served.node.gets.length < gets.length);
  t.match(resultsOf(answer).at(-1), { status: 200 }, 'a write is done, and reported');
});

t.test('bodies and operations count against what a node works on at once', async (t) => {
  const served = await serve(t, { batchBytesMax: 1000, requestsInFlightMax: 3 });
  const gets = (n: number) => Array.from({ length: n }, (_, i) => `{"op":"get","key":"k${i}"}`);
  t.equal((await batch(served, gets(3))).status, 207);
  const tooMany = { status: 400, field: 'operations', received: 4 };
  t.match((await batch(served, gets(4))).json, tooMany, 'there would never be room');
  const waiting: (() => void)[] = [];
  const { answerGet } = served.node;
  served.node.answerGet = async (request) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return answerGet(request);
  };
  const first = batch(served, gets(2));
  await reached('two that wait', () => waiting.length >= 2);
  t.match((await batch(served, gets(2))).json, { status: 503, code: 'overloaded' });
  served.node.answerGet = answerGet;
  for (const go of waiting) go();
  t.equal((await first).status, 207);
  const large = `{"op":"put","key":"k","value":"${'x'.repeat(1000)}"}`;
  t.match((await batch(served, [large])).json, { status: 413, code: 'value_too_large' });
  t.equal((await batch(served, gets(3))).status, 207, 'room came back');
  t.equal(served.node.puts.length, 0);
});

t.test('the deadline is one for the whole batch', async (t) => {
  const served = await serve(t);
  const held: (() => void)[] = [];
  served.node.answerGet = async ({ timeoutMilliseconds }) => {
    t.ok((timeoutMilliseconds ?? Number.NaN) <= 1000);
    await new Promise<void>((resolve) => held.push(resolve));
    return ABSENT;
  };
  const answer = batch(served, ['{"op":"get","key":"k"}'], { 'X-Timeout': '1s' });
  await reached('one that is held', () => held.length > 0);
  held[0]?.();
  t.equal((await answer).status, 207);
});
