/** After a refusal that ends a connection nothing more is parsed: Node would keep each request. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { assertProblem, type Conversation, say, start } from './listening.js';
import { reached } from '../in-time.js';

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const PUT = 'PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabc';
const FLOOD = GET.repeat(1000);
/** One read takes 64 KiB; what comes beyond a few of them must stay with the client. */
const READ_MAX = 262_144;

/** A handler that answers when it is told, and the sockets of the listener. */
function held() {
  const answers: (() => void)[] = [];
  const sockets = new Set<Socket>();
  const handler = ({ socket }: IncomingMessage, response: ServerResponse): void => {
    sockets.add(socket);
    answers.push(() => response.end('done'));
  };
  return { answers, sockets, handler };
}

/** Sends without end while its server takes it. */
function flood({ socket }: Pick<Conversation, 'socket'>): void {
  const timer = setInterval(() => {
    if (!socket.writableNeedDrain) socket.write(FLOOD);
  }, 1);
  socket.once('close', () => {
    clearInterval(timer);
  });
}

/** It reads no more, until its answer is there; then the client gets all that is due. */
async function assertStopped(t: Test, { socket }: { socket: Socket | undefined }): Promise<void> {
  await sleep(200);
  const read = socket?.bytesRead ?? 0;
  t.ok(read < READ_MAX, `${String(read)} bytes were read`);
  await sleep(100);
  t.equal(socket?.bytesRead, read, 'nothing more');
}

t.test('behind a head that was late nothing is read', async (t) => {
  const { answers, sockets, handler } = held();
  const { listener, observer } = await start(t, { handler });
  const one = say(listener.port, `${GET}GET / HTTP/1.1\r\nHost: localhost\r\n`);
  // Its clock runs out, and is looked at twice a second.
  await sleep(1300);
  one.socket.write('\r\n');
  flood(one);
  const [socket] = sockets;
  await assertStopped(t, { socket });
  answers[0]?.();
  const answer = await one.answer;
  t.match(answer, /^HTTP\/1.1 200 [\s\S]*done/);
  assertProblem(t, answer.slice(answer.indexOf('done') + 4), 408, 'body_timeout');
  t.equal(answers.length, 1);
  t.equal(observer.counts.size, 0);
});

/** One read brings so many requests, and each takes about 2 KiB. */
const A_READ = GET.repeat(1800);
const ROOM = 8_388_608;

/** Connections whose first request is under way, and whose others take all the room there is. */
async function full(t: Test) {
  const { answers, sockets, handler } = held();
  const fixture = await start(t, { handler, pipelinedBytesMax: ROOM });
  const { listener } = fixture;
  const others = [1, 2, 3].map(() => say(listener.port, A_READ));
  t.teardown(() => {
    for (const { socket } of others) socket.destroy();
  });
  await reached('a full place', () => listener.figures.waitingBytes > ROOM - 2200);
  await reached('the others', () => answers.length === 3);
  return { ...fixture, answers, sockets };
}

t.test('behind a request for which there is no room nothing is read', async (t) => {
  const { answers, sockets, listener } = await full(t);
  const one = say(listener.port, GET);
  await reached('one more', () => answers.length === 4);
  flood(one);
  const [, , , socket] = sockets;
  await assertStopped(t, { socket });
  answers[3]?.();
  const answer = await one.answer;
  assertProblem(t, answer.slice(answer.indexOf('done') + 4), 503, 'overloaded');
});

t.test('what one read brought behind a refused request is bounded over all', async (t) => {
  const { listener, observer, sockets } = await full(t);
  await sleep(100);
  const before = listener.figures.waitingBytes;
  const more = Array.from({ length: 8 }, () => say(listener.port, A_READ));
  const cut = 'quorate_http_connections_ended_total ahead';
  await reached('connections that are cut', () => (observer.counts.get(cut) ?? 0) >= 4);
  await Promise.any(more.map(({ answer }) => answer));
  t.ok(before > ROOM, 'what was refused of the third counts');
  t.ok(listener.figures.waitingBytes <= 2 * ROOM, 'and is bounded');
  for (const socket of sockets) socket.destroy();
  await reached('the room of all that have gone', () => listener.figures.waitingBytes === 0);
});

t.test('behind a body that was late, with an early answer, few requests are read', async (t) => {
  const sockets: Socket[] = [];
  const ends: (() => void)[] = [];
  const { listener } = await start(t, {
    handler: ({ socket }, response) => {
      sockets.push(socket);
      response.writeHead(413, { 'Content-Length': 4 }).write('mu');
      ends.push(() => response.end('ch'));
    },
  });
  const one = say(listener.port, PUT);
  await sleep(1300);
  one.socket.write('de');
  flood(one);
  await assertStopped(t, { socket: sockets[0] });
  ends[0]?.();
  t.match(await one.answer, /^HTTP\/1.1 413 [\s\S]*\r\n\r\nmuch$/);
});

t.test('what comes behind the last answer is read, and is parsed no more', async (t) => {
  const sockets: Socket[] = [];
  const { listener } = await start(t, {
    handler: ({ socket }, response) => {
      sockets.push(socket);
      response.writeHead(413, { connection: 'close' }).end('much');
    },
  });
  let parsed = 0;
  const count = (message: unknown): void => {
    // Its own comes before its handler.
    if ((message as { readonly socket: Socket }).socket === sockets[0]) parsed += 1;
  };
  subscribe('http.server.request.start', count);
  t.teardown(() => unsubscribe('http.server.request.start', count));
  // It sends on when the server has ended its side.
  const socket = connect({ host: '127.0.0.1', port: listener.port, allowHalfOpen: true });
  socket.on('error', () => undefined);
  let answer = '';
  socket.on('data', (part: Buffer) => (answer += part.toString()));
  socket.write(PUT);
  await reached('its answer', () => answer.includes('much'));
  socket.write('de');
  flood({ socket });
  await reached('its cut', () => socket.destroyed);
  t.ok((sockets[0]?.bytesRead ?? 0) > READ_MAX, 'it was read on');
  t.equal(parsed, 0);
});
