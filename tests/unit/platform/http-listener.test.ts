/** The HTTP listener against all that is no good request. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { listenHttp } from '../../../lib/platform/http-listener.js';
import { assertProblem, lines, OPTIONS, say, start } from './listening.js';
import { inTime, reached } from '../in-time.js';

const PUT = 'PUT / HTTP/1.1\r\nHost: localhost\r\n';

t.test('requests are served, again and again on one connection', async (t) => {
  const { listener } = await start(t);
  const one = 'PUT /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc';
  const last = 'GET /b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  const answer = await say(listener.port, one + one + last).answer;
  t.equal(answer.match(/\/a:abc/g)?.length, 2);
  t.match(answer, /\/b:/);
});

t.test('up to the limits headers arrive whole, beyond them all is refused', async (t) => {
  const { listener, requests } = await start(t);
  const get = (headers: string): Promise<string> =>
    say(listener.port, `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`)
      .answer;
  t.match(await get(lines(198, (n) => `h${String(n)}: ${String(n)}`)), /^HTTP\/1.1 200 /);
  t.equal(requests[0]?.headers['h197'], '197');
  t.match(await get(`big: ${'x'.repeat(32_600)}\r\n`), /^HTTP\/1.1 200 /);
  const refused = {
    'one header too many': lines(199, () => 'h: 1'),
    'a level behind 1,500 others': `${lines(1_500, () => 'h: 1')}X-Consistency-Level: all\r\n`,
    '10,000 headers': lines(10_000, (n) => `header-${String(n)}: ${String(n)}`),
    'a little too long': `big: ${'x'.repeat(32_800)}\r\n`,
    'much too long': `big: ${'x'.repeat(500_000)}\r\n`,
  };
  for (const [name, headers] of Object.entries(refused)) {
    t.comment(name);
    assertProblem(t, await get(headers), 431, 'headers_too_large');
  }
  t.equal(requests.length, 2, 'none of them was served');
});

t.test('what is no request gets a problem', async (t) => {
  const { listener, requests } = await start(t);
  const rows: Record<string, string> = {
    'no HTTP': 'hello\r\n\r\n',
    'no host': 'GET / HTTP/1.1\r\n\r\n',
    'an unknown method': 'FETCH / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'a header without a name': 'GET / HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n',
    'a length that is none': 'PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n',
    'two lengths': `${PUT}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
    'length and chunks': `${PUT}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
  };
  for (const [name, text] of Object.entries(rows)) {
    t.comment(name);
    assertProblem(t, await say(listener.port, text).answer, 400, 'invalid_request');
  }
  const old = await say(listener.port, 'GET /\r\n\r\n').answer;
  assertProblem(t, old, 505, 'http_version_unsupported');
  const tunnel = await say(listener.port, 'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n')
    .answer;
  assertProblem(t, tunnel, 405, 'method_not_allowed');
  t.equal(requests.length, 0);
  const good = await say(listener.port, 'GET / HTTP/1.0\r\n\r\n').answer;
  t.match(good, /^HTTP\/1.1 200 /, 'and the next one is served');
});

t.test('a refused request does not end its connection, and its body is passed over', async (t) => {
  const { listener, requests } = await start(t);
  const put = `PUT / HTTP/1.1\r\nHost: localhost\r\n${lines(300, () => 'h: 1')}`;
  const body = `Content-Length: 300000\r\n\r\n${'x'.repeat(300_000)}`;
  const get = 'GET /next HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  const answer = await say(listener.port, put + body + get).answer;
  t.match(answer, /^HTTP\/1.1 431 /);
  t.match(answer, /\/next:/);
  t.equal(requests.length, 1);
});

t.test('bodies that break off or stand still', async (t) => {
  const { listener } = await start(t);
  const put = 'PUT / HTTP/1.1\r\nHost: localhost\r\n';
  const truncated = say(listener.port, `${put}Content-Length: 10\r\n\r\nabc`);
  truncated.socket.end();
  assertProblem(t, await truncated.answer, 400, 'invalid_request');
  const chunks = say(listener.port, `${put}Transfer-Encoding: chunked\r\n\r\nzz\r\n`);
  assertProblem(t, await chunks.answer, 400, 'invalid_request');
  const held = say(listener.port, `${put}Content-Length: 10\r\n\r\nabc`);
  const slow = say(listener.port, 'GET / HTTP/1.1\r\nHost: localhost\r\n');
  assertProblem(t, await held.answer, 408, 'body_timeout');
  assertProblem(t, await slow.answer, 408, 'body_timeout');
});

t.test('who is gone before a request is handled is not heard any more', async (t) => {
  const runs: (() => void)[] = [];
  const { listener, requests } = await start(t, { together: (run) => runs.push(run) });
  const arrived = async (count: number): Promise<void> => {
    await reached(`${count} runs`, () => runs.length >= count);
  };
  const gone = say(
    listener.port,
    'PUT /gone HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc',
  );
  const broken = say(
    listener.port,
    'PUT /broken HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  );
  await arrived(2);
  gone.socket.resetAndDestroy();
  assertProblem(t, await broken.answer, 400, 'invalid_request');
  const there = say(
    listener.port,
    'GET /there HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  );
  await arrived(3);
  for (const run of runs) run();
  t.match(await there.answer, /\/there:/);
  t.strictSame(
    requests.map(({ url }) => url),
    ['/there'],
  );
});

t.test('rubbish behind a good request does not take its answer', async (t) => {
  const { listener } = await start(t);
  const rubbish = '\u0001\u0002\r\n';
  const get = 'GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const answer = await say(listener.port, get + rubbish).answer;
  t.match(answer, /^HTTP\/1.1 200 /);
  t.match(answer, /\/late:/);
  t.match(answer, /late:HTTP\/1.1 400 /, 'and then it is told');
});

t.test('random bytes: the listener stays', async (t) => {
  const { listener } = await start(t);
  const answers = Array.from({ length: 60 }, (_, seed) => {
    const bytes = Buffer.from(
      Array.from({ length: 80 }, (_x, n) => (seed * 7919 + n * n * 31) % 256),
    );
    const prefix = seed % 2 === 0 ? '' : 'GET / HTTP/1.1\r\nHost: localhost\r\n';
    const { socket, answer } = say(listener.port, prefix);
    socket.end(bytes);
    return answer;
  });
  for (const answer of await Promise.all(answers)) t.notMatch(answer, /^HTTP\/1.1 200/);
  const answer = await say(listener.port, 'GET / HTTP/1.0\r\n\r\n').answer;
  t.match(answer, /^HTTP\/1.1 200 /);
});

t.test('closing lets answers under way end, and waits for nobody who idles', async (t) => {
  const { listener } = await start(t, { closeTimeoutMilliseconds: 5_000 });
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  const idle = say(listener.port, get('/idle'));
  const late = say(listener.port, get('/late'));
  await new Promise((resolve) => setTimeout(resolve, 60));
  const began = performance.now();
  const { port } = listener;
  const closing = listener.close();
  await closing;
  t.equal(await say(port, '').answer, '', 'nobody listens');
  t.ok(performance.now() - began < 1_000);
  t.match(await late.answer, /\/late:/);
  t.match(await idle.answer, /\/idle:/);
  t.equal(listener.close(), closing, 'closing again is the same closing');
});

t.test('closing cuts what does not end in time', async (t) => {
  const { listener } = await start(t);
  const never = say(listener.port, 'GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await new Promise((resolve) => setTimeout(resolve, 30));
  await listener.close();
  t.equal(await never.answer, '');
});

t.test('closing cuts a tunnel that waits for an answer too', async (t) => {
  const { listener } = await start(t);
  const tunnel = 'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const never = say(listener.port, `GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n${tunnel}`);
  await sleep(30);
  await inTime('the end', listener.close());
  t.equal(await never.answer, '');
});

t.test('closing cuts no answer that its client still takes', async (t) => {
  const size = 8 * 1024 * 1024;
  const handler = (_request: IncomingMessage, response: ServerResponse): void => {
    response.setHeader('Content-Length', size);
    response.end(Buffer.alloc(size, 'x'));
  };
  const { listener } = await start(t, { closeTimeoutMilliseconds: 10_000, handler });
  const socket = connect(listener.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  socket.pause();
  await sleep(50);
  const closing = listener.close();
  await sleep(100);
  let received = '';
  for await (const chunk of socket) received += (chunk as Buffer).toString();
  t.equal(received.split('\r\n\r\n')[1]?.length, size);
  await closing;
});

t.test('closing waits for a request that is just coming', async (t) => {
  const { listener } = await start(t, { closeTimeoutMilliseconds: 5_000 });
  const { socket, answer } = say(listener.port, 'GET /a HTTP/1.1\r\n');
  await reached('it', () => listener.figures.open === 1);
  const closing = listener.close();
  socket.write('Host: localhost\r\n\r\n');
  t.match(await answer, /^HTTP\/1.1 200 [\s\S]*connection: close[\s\S]*\/a:$/i);
  await closing;
});

t.test('an address in use is reported', async (t) => {
  const { listener, observer } = await start(t);
  const handler = (): void => undefined;
  const options = { ...OPTIONS, observer, handler, port: listener.port };
  await t.rejects(listenHttp(options), { code: 'not_ready' });
});
