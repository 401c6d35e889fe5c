/** How many connections there may be, and who goes when there are more. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { assertProblem, type Conversation, say, start } from './listening.js';
import { CountingObserver } from '../fakes.js';
import { reached } from '../in-time.js';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const ENDED = 'quorate_http_connections_ended_total';

async function answered({ socket }: Conversation): Promise<void> {
  await reached('an answer', () => socket.bytesRead > 0);
  await sleep(10);
}

t.test('the one that idled for longest goes for a new one', async (t) => {
  const { listener, observer } = await start(t, { connectionsMax: 3 });
  const held: Conversation[] = [];
  for (const path of ['/1', '/2', '/3']) {
    const one = say(listener.port, get(path));
    await answered(one);
    held.push(one);
  }
  held[0]?.socket.write(get('/again'));
  await sleep(30);
  const fourth = say(listener.port, get('/4'));
  t.match(await held[1]?.answer, /\/2:$/, 'the second is idle since before the first');
  await answered(fourth);
  t.equal(listener.figures.open, 3);
  t.equal(observer.counts.get(`${ENDED} idle`), 1);
  t.match(observer.events, ['too many connections: the one that idled for longest was closed']);
  for (const { socket } of [...held, fourth]) socket.resetAndDestroy();
});

t.test('silent ones count as idle', async (t) => {
  const { listener } = await start(t, { connectionsMax: 2 });
  const silent = [say(listener.port, ''), say(listener.port, '')];
  await reached('two connections', () => listener.figures.open >= 2);
  const one = say(listener.port, get('/a'));
  t.equal(await silent[0]?.answer, '');
  await answered(one);
  silent[1]?.socket.resetAndDestroy();
  one.socket.resetAndDestroy();
});

t.test('where all are busy a new one is told, and health is answered', async (t) => {
  const { listener, observer } = await start(t, { connectionsMax: 2 });
  const busy = [say(listener.port, get('/never')), say(listener.port, get('/never'))];
  await reached('two connections', () => listener.figures.open >= 2);
  await sleep(20);
  const refused = await say(listener.port, get('/a')).answer;
  assertProblem(t, refused, 503, 'overloaded');
  t.match(refused.toLowerCase(), 'retry-after: 1');
  for (let i = 0; i < 5; i += 1) {
    const health = await say(listener.port, get('/healthz')).answer;
    t.match(health, /^HTTP\/1.1 200 [\s\S]*connection: close[\s\S]*\/healthz:$/i);
  }
  const asked = await say(listener.port, get('http://localhost/healthz')).answer;
  t.match(asked, /^HTTP\/1.1 200 [\s\S]*\r\n\r\n\/healthz:$/, 'as a proxy may ask for it');
  t.equal(observer.counts.get(`${ENDED} limit`), 1);
  const silent = Array.from({ length: 80 }, () => say(listener.port, ''));
  await sleep(50);
  t.match(await say(listener.port, get('/healthz')).answer, /\/healthz:$/, 'among silent ones too');
  t.ok(listener.figures.open <= 2 + 33, 'they are bounded');
  for (const { socket } of [...silent, ...busy]) socket.resetAndDestroy();
  await reached('their end', () => listener.figures.open === 0);
  t.match(await say(listener.port, 'GET /b HTTP/1.0\r\n\r\n').answer, /\/b:$/, 'room comes back');
});

const FAILURES = 'quorate_listener_failures_total clients';

t.test('a handler that throws ends its connection alone', async (t) => {
  const handler = (): void => {
    throw new Error('a bug');
  };
  const { listener, observer } = await start(t, { handler });
  t.equal(await say(listener.port, get('/a') + get('/b')).answer, '');
  t.equal(await say(listener.port, get('/a')).answer, '');
  t.equal(observer.counts.get(FAILURES), 2);
});

/** An observer with a bug: no ending can be counted. */
class FailingObserver extends CountingObserver {
  override count(...given: Parameters<CountingObserver['count']>): void {
    if (given[0] === ENDED) throw new Error('a bug');
    super.count(...given);
  }
}

t.test('a bug where connections are let in ends the new one alone', async (t) => {
  const observer = new FailingObserver();
  const { listener } = await start(t, { connectionsMax: 1, observer });
  const first = say(listener.port, get('/1'));
  await answered(first);
  t.equal(await say(listener.port, '').answer, '', 'the first goes for it, which is counted');
  t.equal(observer.counts.get(FAILURES), 1);
  t.match(await say(listener.port, 'GET /2 HTTP/1.0\r\n\r\n').answer, /\/2:$/);
});

t.test('a bug where unread answers are looked for ends neither the node nor it', async (t) => {
  const observer = new FailingObserver();
  const handler = (_request: IncomingMessage, response: ServerResponse): void => {
    response.end(Buffer.alloc(16_777_216));
  };
  const { listener } = await start(t, { sendTimeoutMilliseconds: 160, observer, handler });
  for (const count of [1, 2]) {
    const { socket } = say(listener.port, get('/'));
    socket.pause();
    await reached('the cut', () => observer.counts.get(FAILURES) === count);
    socket.destroy();
  }
});
