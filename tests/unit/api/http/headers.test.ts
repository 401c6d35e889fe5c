/** Headers of requests: what each passes on, and what is refused instead of ignored. */
import t from 'tap';
import { ABSENT, WRITTEN } from '../fake-node.js';
import { OperatingError } from '../../../../lib/errors.js';
import { serve } from '../served.js';

const PATH = '/api/v1/kv/k';

t.test('what they ask reaches the coordinator', async (t) => {
  const { node, send } = await serve(t);
  await send('PUT', PATH, {
    headers: {
      'x-consistency-LEVEL': 'Each-Quorum',
      'X-Consistency-Fallback': 'quorum, one',
      'X-Timeout': '2s',
      'X-Durability': 'OS',
      'X-Causal-Context': 'abc',
    },
    body: 'x',
  });
  t.match(node.puts[0], {
    level: 'Each-Quorum',
    fallbacks: ['quorum', 'one'],
    timeoutMilliseconds: 2000,
    durability: 'os',
    context: 'abc',
  });
  await send('GET', PATH);
  t.same(node.gets[0], {
    namespace: 'default',
    key: 'k',
    level: undefined,
    fallbacks: [],
    timeoutMilliseconds: undefined,
    readRepair: undefined,
  });
  for (const when of ['await', 'ASYNC', 'none']) {
    await send('GET', PATH, { headers: { 'X-Read-Repair': when } });
    t.equal(node.gets.at(-1)?.readRepair, when.toLowerCase());
  }
  for (const [text, milliseconds] of [
    ['250', 250],
    ['250ms', 250],
    ['1m', 60_000],
    ['60000', 60_000],
  ] as const) {
    await send('GET', PATH, { headers: { 'X-Timeout': text } });
    t.equal(node.gets.at(-1)?.timeoutMilliseconds, milliseconds, text);
  }
});

t.test('what is wrong is refused, and named', async (t) => {
  const { node, send } = await serve(t);
  const rows: readonly (readonly [method: string, name: string, value: string, field?: string])[] =
    [
      ['GET', 'X-Timeout', '0'],
      ['GET', 'X-Timeout', '61s'],
      ['GET', 'X-Timeout', '1h'],
      ['GET', 'X-Timeout', '1.5s'],
      ['GET', 'X-Timeout', ''],
      ['GET', 'X-Timeout', '5 s'],
      ['GET', 'X-Consistency-Fallback', 'one,,two'],
      ['GET', 'X-Consistency-Fallback', ''],
      ['GET', 'X-Consistency-Fallback', Array(9).fill('one').join(',')],
      ['GET', 'X-Consistency', 'one'],
      ['GET', 'X-Consistency-Levels', 'one'],
      ['GET', 'X-Read-Repair', 'later'],
      ['GET', 'X-Read-Repair', ''],
      ['PUT', 'X-Read-Repair', 'none'],
      ['DELETE', 'X-Read-Repair', 'await'],
      ['PUT', 'X-Durability', 'none'],
      ['PUT', 'X-Raw', '0'],
    ];
  for (const [method, name, value] of rows) {
    const answer = await send(method, PATH, { headers: { [name]: value } });
    t.match(answer.json, { status: 400, field: name.toLowerCase() }, `${name}: ${value}`);
  }
  t.equal(node.gets.length + node.puts.length, 0);
});

t.test('a line twice is refused, in whatever spelling', async (t) => {
  const { node, raw, send } = await serve(t);
  for (const lines of [
    'X-Consistency-Level: all\r\nX-Consistency-Level: one',
    'X-Consistency-Level: one\r\nx-consistency-level: one',
    'X-Causal-Context: a\r\nX-Causal-Context: b',
    'X-Timeout: 1s\r\nX-TIMEOUT: 2s',
  ]) {
    const answer = await raw(`GET ${PATH} HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n\r\n`);
    t.match(answer, /^HTTP\/1.1 400 .*is there twice/s, lines);
  }
  t.equal(node.gets.length, 0);
  await raw(`GET ${PATH} HTTP/1.1\r\nHost: localhost\r\nAccept: a/b\r\nAccept: c/d\r\n\r\n`);
  t.equal(node.gets.length, 1, 'lists may be spread over lines');
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`x-filler-${i}`, 'x']));
  await send('GET', PATH, { headers: { ...many, 'X-Consistency-Level': 'all' } });
  t.equal(node.gets.at(-1)?.level, 'all', 'a level is seen behind many other headers');
});

t.test('X-Max-Staleness is the parameter of the level, and names it', async (t) => {
  const { node, send } = await serve(t);
  const good: readonly (readonly [level: string | undefined, max: string, read: string])[] = [
    [undefined, '5s', 'bounded-staleness;max=5s'],
    ['bounded-staleness', '500', 'bounded-staleness;max=500'],
    ['Bounded-Staleness; scope=all', '5s', 'Bounded-Staleness; scope=all;max=5s'],
    ['bounded-staleness;max=5s', '5000ms', 'bounded-staleness;max=5s'],
  ];
  for (const [level, max, read] of good) {
    const named: Record<string, string> =
      level === undefined ? {} : { 'X-Consistency-Level': level };
    await send('GET', PATH, { headers: { ...named, 'X-Max-Staleness': max } });
    t.equal(node.gets.at(-1)?.level, read);
  }
  t.equal(node.gets.length, good.length);
  const bad: readonly (readonly [method: string, level: string, max: string])[] = [
    ['GET', 'bounded-staleness;max=5s', '4s'],
    ['GET', 'quorum', '5s'],
    ['GET', 'bounded-staleness', 'soon'],
    ['PUT', 'bounded-staleness', '5s'],
    ['DELETE', 'bounded-staleness', '5s'],
  ];
  for (const [method, level, max] of bad) {
    const headers = { 'X-Consistency-Level': level, 'X-Max-Staleness': max };
    const { json } = await send(method, PATH, { headers });
    t.match(json, { status: 400, code: 'invalid_request', field: 'x-max-staleness' }, method);
  }
  t.equal(node.gets.length + node.puts.length, good.length);
});

t.test('an answer says how old it can be', async (t) => {
  const { node, send } = await serve(t);
  const receipt = { ...ABSENT.receipt, bound: { age: 240, scope: 'all' as const } };
  node.answerGet = () => ({ ...ABSENT, receipt });
  const { headers } = await send('GET', PATH);
  t.equal(headers['x-staleness-bound'], '240; scope=all');
  const body = '{"operations":[{"op":"get","key":"k"}]}';
  const batch = await send('POST', '/api/v1/batch', {
    body,
    headers: { 'Content-Type': 'application/json' },
  });
  t.match(batch.json, { results: [{ receipt: { staleness_bound: '240; scope=all' } }] });
});

t.test('a session token is opened, and each answer of a session has one', async (t) => {
  const { node, send } = await serve(t);
  node.answerGet = ({ session }) => ({ ...ABSENT, session });
  node.answerPut = ({ session }) => ({ ...WRITTEN, session });
  const rows: readonly (readonly [method: string, path: string, body?: string])[] = [
    ['GET', PATH],
    ['HEAD', PATH],
    ['GET', `${PATH}/conflicts`],
    ['PUT', PATH, '{"value":1}'],
    ['DELETE', PATH],
    ['POST', '/api/v1/batch', '{"operations":[{"op":"get","key":"k"},{"op":"delete","key":"l"}]}'],
  ];
  const type = { 'Content-Type': 'application/json' };
  for (const [method, path, body] of rows) {
    const headers = { ...(body === undefined ? {} : type), 'X-Session-Token': 'a, b' };
    const sent = body === undefined ? { headers } : { headers, body };
    const answer = await send(method, path, sent);
    const count = path.endsWith('batch') ? 3 : 1;
    t.equal(answer.headers['x-session-token'], `token-of-${count}`, `${method} ${path}`);
    t.equal(node.opened.pop(), 'a, b');
    const { headers: without } = await send(
      method,
      path,
      body === undefined ? {} : { headers: type, body },
    );
    t.notOk('x-session-token' in without, 'none was sent');
  }
  t.equal(node.opened.length, 0, 'each is opened once');
});

t.test('the id of a request is its own where that is sane', async (t) => {
  const { send } = await serve(t);
  for (const [sent, given] of [
    ['abc-1.2:3_4', 'abc-1.2:3_4'],
    ['a b', 'r1'],
    ['x'.repeat(65), 'r2'],
    ['<script>', 'r3'],
  ] as const) {
    const answer = await send('GET', PATH, { headers: { 'X-Request-Id': sent } });
    t.equal(answer.headers['x-request-id'], given);
    t.equal(answer.json?.['request_id'], given);
  }
});

t.test('what is measured is labelled from a fixed set', async (t) => {
  const { node, send } = await serve(t);
  await send('GET', PATH, { headers: { 'X-Consistency-Level': 'x'.repeat(50), 'X-Timeout': '0' } });
  await send('GET', PATH, { headers: { 'X-Consistency-Level': 'ALL', 'X-Timeout': '0' } });
  // What it descends to is not what was asked for.
  const descends = { 'X-Consistency-Level': 'TWO', 'X-Consistency-Fallback': 'one' };
  await send('GET', PATH, { headers: descends });
  await send('GET', PATH);
  // A failure is counted under the level that was asked for, or that is the default.
  node.answerPut = () => Promise.reject(new OperatingError('level_not_reached', 'two are down'));
  const headers = { 'Content-Type': 'application/json' };
  const one = { ...headers, 'X-Consistency-Level': 'one' };
  await send('PUT', PATH, { headers: one, body: '{"value":1}' });
  node.settings.values = { ...node.settings.values, default_write_level: 'local-one' };
  await send('PUT', PATH, { headers, body: '{"value":1}' });
  await send('PATCH', PATH);
  await send('GET', '/healthz');
  t.same(node.counted, [
    'quorate_requests_total get other invalid_request refused',
    'quorate_requests_total get all invalid_request refused',
    'quorate_requests_total get two not_found answered',
    'quorate_fallbacks_total get two quorum',
    'quorate_requests_total get quorum not_found answered',
    'quorate_requests_total put one level_not_reached failed',
    'quorate_requests_total put local-one level_not_reached failed',
    'quorate_requests_total other none method_not_allowed refused',
    'quorate_requests_total control none ok answered',
  ]);
});
