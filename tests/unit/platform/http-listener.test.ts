/** The HTTP listener against all that is no good request. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import type { HttpListener, HttpListenerOptions } from '../../../lib/platform/http-listener.js';
import { listenHttp } from '../../../lib/platform/http-listener.js';
import { TurnQueue } from '../../../lib/platform/turn-queue.js';

const OPTIONS: Omit<HttpListenerOptions, 'handler'> = {
  host: '127.0.0.1',
  port: 0,
  headersMax: 200,
  headerBytesMax: 32_768,
  connectionsMax: 100,
  headersTimeoutMilliseconds: 600,
  requestTimeoutMilliseconds: 600,
  keepAliveTimeoutMilliseconds: 60_000,
  closeTimeoutMilliseconds: 500,
  problem: ({ status, code, detail }) => JSON.stringify({ status, code, detail }),
  together: new TurnQueue(1).add,
};

interface Fixture {
  readonly listener: HttpListener;
  readonly requests: IncomingMessage[];
}

/** Reads the body, then echoes it; `/late` answers after 150 ms, `/never` not at all. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('error', () => undefined);
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const answer = (): void => {
      response.end(Buffer.concat([Buffer.from(`${request.url ?? ''}:`), ...chunks]));
    };
    if (request.url === '/late') setTimeout(answer, 150);
    else if (request.url !== '/never') answer();
  });
}

async function start(t: Test, changes: Partial<HttpListenerOptions> = {}): Promise<Fixture> {
  const requests: IncomingMessage[] = [];
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(request);
    echo(request, response);
  };
  const listener = await listenHttp({ ...OPTIONS, handler, ...changes });
  t.teardown(() => listener.close());
  return { listener, requests };
}

interface Conversation {
  readonly socket: Socket;
  /** All that was answered, once the server closed the connection. */
  readonly answer: Promise<string>;
}

function say(port: number, text: string): Conversation {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString();
  });
  socket.write(text);
  const answer = new Promise<string>((resolve) => {
    socket.once('close', () => {
      resolve(received);
    });
  });
  return { socket, answer };
}

function assertProblem(t: Test, answer: string, status: number, code: string): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  t.match(head, new RegExp(`^HTTP/1.1 ${String(status)} `));
  t.match(head.toLowerCase(), 'content-type: application/problem+json');
  t.match(head.toLowerCase(), 'connection: close');
  t.match(JSON.parse(body), { status, code });
}

const lines = (count: number, line: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => `${line(n)}\r\n`).join('');

t.test('requests are served, again and again on one connection', async (t) => {
  const { listener } = await start(t);
  const one = 'PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc';
  const last = 'GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  const answer = await say(listener.port, one + one + last).answer;
  t.equal(answer.match(/\/a:abc/g)?.length, 2);
  t.match(answer, /\/b:/);
});

t.test('up to the limits headers arrive whole, beyond them all is refused', async (t) => {
  const { listener, requests } = await start(t);
  const get = (headers: string): Promise<string> =>
    say(listener.port, `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`).answer;
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
    'no version': 'GET /\r\n\r\n',
    'no host': 'GET / HTTP/1.1\r\n\r\n',
    'an unknown method': 'FETCH / HTTP/1.1\r\nHost: x\r\n\r\n',
    'a header without a name': 'GET / HTTP/1.1\r\nHost: x\r\n: x\r\n\r\n',
    'a length that is none': 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n',
    'two lengths': 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    'an expectation': 'PUT / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n',
    'length and chunks':
      'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  };
  for (const [name, text] of Object.entries(rows)) {
    t.comment(name);
    assertProblem(t, await say(listener.port, text).answer, 400, 'invalid_request');
  }
  const tunnel = await say(listener.port, 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n').answer;
  assertProblem(t, tunnel, 405, 'method_not_allowed');
  t.equal(requests.length, 0);
  const good = await say(listener.port, 'GET / HTTP/1.0\r\n\r\n').answer;
  t.match(good, /^HTTP\/1.1 200 /, 'and the next one is served');
});

t.test('a refused request does not end its connection, and its body is passed over', async (t) => {
  const { listener, requests } = await start(t);
  const put = `PUT / HTTP/1.1\r\nHost: x\r\n${lines(300, () => 'h: 1')}`;
  const body = `Content-Length: 300000\r\n\r\n${'x'.repeat(300_000)}`;
  const get = 'GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  const answer = await say(listener.port, put + body + get).answer;
  t.match(answer, /^HTTP\/1.1 431 /);
  t.match(answer, /\/next:/);
  t.equal(requests.length, 1);
});

t.test('bodies that break off or stand still', async (t) => {
  const { listener } = await start(t);
  const put = 'PUT / HTTP/1.1\r\nHost: x\r\n';
  const truncated = say(listener.port, `${put}Content-Length: 10\r\n\r\nabc`);
  truncated.socket.end();
  assertProblem(t, await truncated.answer, 400, 'invalid_request');
  const chunks = say(listener.port, `${put}Transfer-Encoding: chunked\r\n\r\nzz\r\n`);
  assertProblem(t, await chunks.answer, 400, 'invalid_request');
  const held = say(listener.port, `${put}Content-Length: 10\r\n\r\nabc`);
  const slow = say(listener.port, 'GET / HTTP/1.1\r\nHost: x\r\n');
  assertProblem(t, await held.answer, 408, 'body_timeout');
  assertProblem(t, await slow.answer, 408, 'body_timeout');
});

t.test('who is gone before a request is handled is not heard any more', async (t) => {
  const runs: (() => void)[] = [];
  const { listener, requests } = await start(t, { together: (run) => runs.push(run) });
  const arrived = async (count: number): Promise<void> => {
    while (runs.length < count) await sleep(1);
  };
  const gone = say(listener.port, 'PUT /gone HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc');
  const broken = say(
    listener.port,
    'PUT /broken HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  );
  await arrived(2);
  gone.socket.resetAndDestroy();
  assertProblem(t, await broken.answer, 400, 'invalid_request');
  const there = say(listener.port, 'GET /there HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
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
  const answer = await say(listener.port, 'GET /late HTTP/1.1\r\nHost: x\r\n\r\n\u0001\u0002\r\n')
    .answer;
  t.match(answer, /^HTTP\/1.1 200 /);
  t.match(answer, /\/late:/);
  t.notMatch(answer, /400/);
});

t.test('random bytes: the listener stays', async (t) => {
  const { listener } = await start(t);
  const answers = Array.from({ length: 60 }, (_, seed) => {
    const bytes = Buffer.from(
      Array.from({ length: 80 }, (_x, n) => (seed * 7919 + n * n * 31) % 256),
    );
    const prefix = seed % 2 === 0 ? '' : 'GET / HTTP/1.1\r\nHost: x\r\n';
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
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
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
  const never = say(listener.port, 'GET /never HTTP/1.1\r\nHost: x\r\n\r\n');
  await new Promise((resolve) => setTimeout(resolve, 30));
  await listener.close();
  t.equal(await never.answer, '');
});

t.test('limits connections', async (t) => {
  const { listener } = await start(t, { connectionsMax: 3 });
  const held = Array.from({ length: 3 }, () => say(listener.port, 'GET / HTTP/1.1\r\n'));
  await new Promise((resolve) => setTimeout(resolve, 30));
  t.equal(await say(listener.port, 'GET / HTTP/1.0\r\n\r\n').answer, '', 'the fourth is cut');
  for (const { socket } of held) socket.destroy();
});

t.test('an address in use is told', async (t) => {
  const { listener } = await start(t);
  const handler = (): void => undefined;
  await t.rejects(listenHttp({ ...OPTIONS, handler, port: listener.port }), { code: 'not_ready' });
});
