/** Requests of one connection: one at a time, in order, however they come, and bounded. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { assertProblem, say, start } from './listening.js';
import { reached } from '../in-time.js';

const HOST = 'Host: localhost\r\n';
const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\n${HOST}${more}\r\n`;
const put = (path: string, body: string): string =>
  `PUT ${path} HTTP/1.1\r\n${HOST}Content-Length: ${String(body.length)}\r\n\r\n${body}`;
const CLOSE = 'Connection: close\r\n';

/** What is under way at once, and in which order requests began. */
function watched() {
  const began: string[] = [];
  let underWay = 0;
  let most = 0;
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    began.push(request.url ?? '');
    underWay += 1;
    most = Math.max(most, underWay);
    setTimeout(() => {
      underWay -= 1;
      response.end(`${request.url ?? ''};`);
    }, began.length % 3);
  };
  return { began, handler, most: () => most };
}

t.test('pipelined requests begin one after the other, in their order', async (t) => {
  const { began, handler, most } = watched();
  const { listener } = await start(t, { handler });
  const paths = Array.from({ length: 60 }, (_, n) => `/${String(n)}`);
  const text = paths.map((path) => (path.endsWith('5') ? put(path, 'abc') : get(path)));
  const answer = await say(listener.port, text.join('') + get('/last', CLOSE)).answer;
  t.strictSame(began, [...paths, '/last']);
  t.equal(most(), 1);
  t.strictSame(
    answer.match(/\/\w+;/g),
    [...paths, '/last'].map((path) => `${path};`),
  );
});

t.test('more of them than one read brings, and in pieces', async (t) => {
  const { listener, requests } = await start(t);
  const all = get('/a', `Filler: ${'x'.repeat(300)}\r\n`).repeat(1000) + get('/z', CLOSE);
  const { socket, answer } = say(listener.port, '');
  for (let at = 0; at < all.length; at += 7001) {
    socket.write(all.slice(at, at + 7001));
    if (at % 5 === 0) await sleep(1);
  }
  t.equal((await answer).match(/HTTP\/1.1 200/g)?.length, 1001);
  t.equal(requests.length, 1001);
});

t.test('whoever closes its side after asking gets every answer', async (t) => {
  const { listener } = await start(t);
  const { socket, answer } = say(listener.port, get('/late') + put('/b', 'abc') + get('/c'));
  socket.end();
  t.match(await answer, /\/late:.*\/b:abc.*\/c:/s);
});

t.test('nothing is begun behind the last answer of a connection', async (t) => {
  const { listener, requests } = await start(t);
  const rows = {
    'the client said so': [get('/first', CLOSE) + put('/behind', 'x'), 1],
    'HTTP/1.0': [`GET /first HTTP/1.0\r\n\r\n${put('/behind', 'x')}`, 1],
    'it was refused': [`GET /first HTTP/1.1\r\n\r\n${put('/behind', 'x')}`, 0],
  } as const;
  for (const [name, [text, count]] of Object.entries(rows)) {
    requests.length = 0;
    const answer = await say(listener.port, text).answer;
    t.equal(answer.match(/HTTP\/1.1/g)?.length, 1, name);
    t.equal(requests.length, count, name);
  }
});

t.test('whoever still sends when the last answer comes can read it', async (t) => {
  const { listener } = await start(t, {
    handler: (_request, response) => {
      response.writeHead(413, { connection: 'close' }).end('too large');
    },
  });
  const chunk = Buffer.alloc(65_536);
  const head = `PUT / HTTP/1.1\r\n${HOST}Content-Length: ${String(1000 * chunk.length)}\r\n\r\n`;
  const socket = connect({ host: '127.0.0.1', port: listener.port, allowHalfOpen: true });
  let error: unknown;
  socket.on('error', (cause) => (error = cause));
  socket.write(head);
  // It sends first, and reads then, as programs do.
  for (let sent = 0; sent < 20; sent += 1) {
    socket.write(chunk);
    await sleep(5);
  }
  t.equal(error, undefined, 'what comes behind the answer is taken');
  let answer = '';
  socket.on('data', (part: Buffer) => (answer += part.toString()));
  await reached('its answer', () => answer.includes('too large'));
  await reached('it to be cut', () => {
    socket.write(chunk);
    return socket.destroyed;
  });
});

t.test('a tunnel or rubbish behind requests waits for their answers', async (t) => {
  const { listener } = await start(t);
  for (const [text, status, code] of [
    [`CONNECT localhost:1 HTTP/1.1\r\n${HOST}\r\n`, 405, 'method_not_allowed'],
    ['\u0001\r\n', 400, 'invalid_request'],
    [`PUT / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400, 'invalid_request'],
    [`GET / HTTP/1.1\r\n${HOST}Con`, 408, 'body_timeout'],
    [`PUT / HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nabc`, 408, 'body_timeout'],
  ] as const) {
    const answer = await say(listener.port, get('/late') + put('/b', 'abc') + text).answer;
    const answers = answer.split(/(?=HTTP\/1.1 \d)/);
    t.match(answers[0], /\/late:/, text);
    t.match(answers[1], /\/b:abc/);
    assertProblem(t, answers[2] ?? '', status, code);
    t.equal(answers.length, 3);
  }
});

t.test('what waits is bounded, over all connections', async (t) => {
  const { listener, requests } = await start(t, { pipelinedBytesMax: 65_536 });
  const { answer } = say(listener.port, get('/late') + get('/next').repeat(200));
  const text = await answer;
  const good = text.match(/HTTP\/1.1 200/g)?.length ?? 0;
  t.ok(good > 10 && good < 40, `${String(good)} were taken`);
  t.match(text, /HTTP\/1.1 503 .*retry-after: 1.*"code":"overloaded"/s, 'then it is told');
  t.equal(requests.length, good);
  await reached('room that comes back', () => listener.figures.waitingBytes === 0);
  const left = say(listener.port, get('/late') + get('/next').repeat(20));
  await reached('requests that wait', () => listener.figures.waitingBytes > 0);
  left.socket.resetAndDestroy();
  await left.answer;
  await reached('their room', () => listener.figures.waitingBytes === 0);
});

t.test('of a connection that reads nothing only one answer is made, and it is cut', async (t) => {
  let made = 0;
  const handler = (_request: unknown, response: ServerResponse): void => {
    made += 1;
    response.end(Buffer.alloc(32 * 1024 * 1024));
  };
  const { listener, observer } = await start(t, { handler, sendTimeoutMilliseconds: 300 });
  const socket = connect(listener.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause().write(get('/a').repeat(500));
  const cut = 'quorate_http_connections_ended_total unread';
  await reached('the connection to be cut', () => observer.counts.has(cut));
  t.equal(made, 1);
  t.match(observer.events, ['a connection was cut: its client takes too little of its answer']);
  t.equal(listener.figures.open, 0);
  socket.destroy();
});

t.test(
  'what a client sends does not keep its unread answer, nor a byte taken now and then',
  async (t) => {
    const handler = (request: IncomingMessage, response: ServerResponse): void => {
      const bytes = Buffer.alloc(24 * 1024 * 1024);
      if (request.url === '/whole') response.end(bytes);
      // As what is passed on comes: not ended before it was taken.
      else response.write(bytes);
    };
    const cut = 'quorate_http_connections_ended_total unread';
    for (const path of ['/whole', '/piped']) {
      for (const [name, said, isRead] of [
        ['nothing', '', false],
        ['line ends', '\r\n', false],
        ['a letter of a head', 'G', false],
        ['line ends, and reads', '\r\n', true],
        ['nothing, and reads', '', true],
      ] as const) {
        const { listener, observer } = await start(t, { handler, sendTimeoutMilliseconds: 800 });
        const socket = connect(listener.port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.pause().write(get(path));
        const trickle = setInterval(() => {
          if (said !== '') socket.write(said);
          if (isRead) socket.read(1);
        }, 50);
        await reached(`who sends ${name} to be cut`, () => observer.counts.has(cut));
        clearInterval(trickle);
        t.equal(listener.figures.open, 0, `${path}: ${name}`);
        socket.destroy();
      }
    }
  },
);

t.test('a slow reader that goes on is not cut, nor who waits for an answer', async (t) => {
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url === '/slow') setTimeout(() => response.end('slow'), 1500);
    else response.end(Buffer.alloc(24 * 1024 * 1024));
  };
  const { listener, observer } = await start(t, { handler, sendTimeoutMilliseconds: 1000 });
  const { answer } = say(listener.port, get('/slow', CLOSE));
  t.match(await answer, /slow$/);
  const socket = connect(listener.port, '127.0.0.1');
  socket.write(get('/large', CLOSE));
  let received = 0;
  for await (const chunk of socket) {
    received += (chunk as Buffer).length;
    if (received % 7 === 0) await sleep(5);
  }
  t.ok(received > 24 * 1024 * 1024);
  t.equal(observer.counts.size, 0);
});

t.test('what could not be read in its time, because it waited, is not late', async (t) => {
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    setTimeout(() => response.end(`${request.url ?? ''};`), request.url === '/slow' ? 400 : 1);
  };
  const { listener } = await start(t, { handler });
  const filler = `Filler: ${'x'.repeat(2000)}\r\n`;
  const slow = get('/slow').repeat(5) + get('/fast', filler).repeat(60);
  const body = 'x'.repeat(300_000);
  const answer = await say(listener.port, slow + put('/body', body) + get('/last', CLOSE)).answer;
  t.equal(answer.match(/HTTP\/1.1 200/g)?.length, 67);
  t.match(answer, /\/last;$/);
  const half = await say(listener.port, `${slow}GET /never HTTP/1.1\r\nHo`).answer;
  t.equal(half.match(/HTTP\/1.1 200/g)?.length, 65);
  t.match(half, /HTTP\/1.1 408 .*"body_timeout"/s, 'but what comes no further then is');
});

t.test('an early answer to a message that breaks off is not lost', async (t) => {
  const handler = (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(413, { 'Content-Length': 4 });
    setTimeout(() => response.end('much'), 50);
  };
  const { listener } = await start(t, { handler });
  const { socket, answer } = say(
    listener.port,
    `PUT / HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\nabc`,
  );
  await sleep(20);
  socket.end();
  t.match(await answer, /^HTTP\/1.1 413 [\s\S]*\r\n\r\nmuch$/);
});
