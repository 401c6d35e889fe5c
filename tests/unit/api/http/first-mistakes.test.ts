/** What somebody tries first, and what is answered: where to go, or the command that is right. */
import t from 'tap';
import { found, versionOf } from '../fake-node.js';
import { serve } from '../served.js';

const PATH = '/api/v1/kv/cart';
const JSON_BODY = { 'Content-Type': 'application/json' };
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

t.test('paths that one guesses lead somewhere', async (t) => {
  const { send } = await serve(t);
  const start = await send('GET', '/', { headers: { Accept: '*/*' } });
  t.equal(start.status, 200);
  t.match(start.headers['content-type'], /^text\/plain/);
  t.match(start.text, /curl -X PUT .*\n.*curl ADDRESS\/api\/v1\/kv\/greeting\n(?:.*\n)+\/docs/);
  const page = await send('GET', '/', { headers: { Accept: 'text/html,*/*;q=0.8' } });
  t.match(page, { status: 302, headers: { location: '/docs', vary: 'Accept' } });
  t.match(await send('GET', '/docs/'), { status: 302, headers: { location: '/docs' } });
  t.match(await send('GET', '/api/v1/'), { status: 200, json: { name: 'quorate' } });
  t.match(await send('GET', '/api'), { status: 200, json: { api_versions: ['v1'] } });
  t.match(await send('GET', '/favicon.ico'), { status: 204, text: '' });
});

t.test('curl -d alone is a POST, and is told to put', async (t) => {
  const { node, send } = await serve(t);
  const answer = await send('POST', PATH, { headers: FORM, body: '{"value":1}' });
  t.match(answer, { status: 405, headers: { allow: 'GET, HEAD, PUT, DELETE' } });
  t.match(answer.json?.['detail'], /written with PUT: curl -X PUT -H 'Content-Type: app/);
  const other = await send('POST', `${PATH}/versions`);
  t.notMatch(other.json?.['detail'], /PUT/, 'only where that helps');
  t.equal(node.puts.length, 0);
});

t.test('a value without the object around it is told to be wrapped', async (t) => {
  const { node, send } = await serve(t);
  for (const [body, field] of [
    ['{"apples":1}', 'apples'],
    ['[1,2]', 'body'],
    ['17', 'body'],
    ['{"ttl":5,"apples":1}', 'apples'],
  ] as const) {
    const answer = await send('PUT', PATH, { headers: JSON_BODY, body });
    t.match(answer, { status: 400, json: { code: 'invalid_request', field } }, body);
    t.match(answer.json?.['detail'], `send {"value":${body}}`);
  }
  const long = JSON.stringify({ text: 'x'.repeat(1000) });
  const answer = await send('PUT', PATH, { headers: JSON_BODY, body: long });
  t.match(answer.json?.['detail'], /send \{"value":\.\.\.\}$/);
  const extra = await send('PUT', PATH, { headers: JSON_BODY, body: '{"value":1,"tll":5}' });
  t.match(extra.json?.['detail'], /there is no member "tll"; there are value, ttl, context/);
  t.equal(node.puts.length, 0);
});

t.test('what belongs into a header is told its header', async (t) => {
  const { send } = await serve(t);
  for (const [name, header] of [
    ['level', 'X-Consistency-Level'],
    ['consistency', 'X-Consistency-Level'],
    ['timeout', 'X-Timeout'],
    ['ttl', 'X-TTL'],
    ['context', 'X-Causal-Context'],
  ] as const) {
    const answer = await send('GET', `${PATH}?${name}=one`);
    t.match(answer, { status: 400, json: { code: 'invalid_request', field: name } });
    t.match(answer.json?.['detail'], `send the header ${header}`);
  }
  const answer = await send('GET', `${PATH}?colour=red`);
  t.match(answer.json?.['detail'], /^there is no parameter "colour" here$/);
});

t.test('the JSON envelope without a type is refused as with the type of a form', async (t) => {
  const { node, send } = await serve(t);
  for (const headers of [{}, FORM]) {
    const answer = await send('PUT', PATH, { headers, body: '{"value":{"apples":1}}' });
    t.match(answer, { status: 415, json: { code: 'unsupported_media_type' } });
    const said = answer.json?.['detail'];
    t.match(said, `-H 'Content-Type: application/json' -d '{"value":{"apples":1}}'`);
  }
  t.equal(node.puts.length, 0);
  const raw = { 'X-Raw': '1' };
  t.match(await send('PUT', PATH, { headers: raw, body: '{"value":1}' }), { status: 200 });
  t.match(await send('PUT', PATH, { body: '{"apples":1}' }), { status: 200 }, 'any other bytes');
  t.match(await send('PUT', PATH, { body: 'plain' }), { status: 200 });
  t.equal(node.puts.length, 3);
});

t.test('answers in JSON end with a line, and what was stored is answered as it is', async (t) => {
  const { node, send } = await serve(t);
  const put = await send('PUT', PATH, { headers: JSON_BODY, body: '{"value":1}' });
  const large = JSON.stringify('x'.repeat(300_000));
  node.answerGet = () => found(versionOf(1, 'application/json', large));
  const got = await send('GET', PATH);
  node.answerGet = () => found(versionOf(1, 'application/json', '1'), versionOf(2, 'text/x', 'a'));
  const siblings = await send('GET', PATH);
  const body = JSON.stringify({ operations: [{ op: 'get', key: 'k' }] });
  const batch = await send('POST', '/api/v1/batch', { headers: JSON_BODY, body });
  const all = [put, got, siblings, batch];
  for (const path of ['/nothing', '/api/v1', '/healthz', '/openapi.json', `${PATH}/versions`]) {
    all.push(await send('GET', path));
  }
  for (const { text, json, status } of all) {
    t.ok(text.endsWith('}\n') && !text.endsWith('\n\n'), `${status}: ${text.slice(-20)}`);
    t.ok(json !== undefined);
  }
  node.answerGet = () => found(versionOf(1, 'text/plain', 'as it is'));
  t.equal((await send('GET', PATH)).text, 'as it is');
});
