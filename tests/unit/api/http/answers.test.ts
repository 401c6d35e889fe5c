/** What goes out is bounded: answers that their clients do not take, alone and all together. */
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { found, versionOf } from '../fake-node.js';
import { type Served, serve } from '../served.js';
import { reached } from '../../in-time.js';

const PATH = '/api/v1/kv/k';
const MEBIBYTE = 1024 * 1024;
const LARGE = 8 * MEBIBYTE;

/** Clients who ask and read nothing: what their sockets do not take stays here. */
function unread(port: number, count: number): Socket[] {
  return Array.from({ length: count }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause().write(`GET ${PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(50));
    return socket;
  });
}

async function answerBytes({ send }: Served): Promise<{ now: number; limit: number }> {
  const { json } = await send('GET', '/api/v1/cluster/status');
  const { clients } = json as unknown as {
    clients: { answer_bytes: { now: number; limit: number } };
  };
  return clients.answer_bytes;
}

t.test('reads are shed where too much waits, small ones last, and room comes back', async (t) => {
  const served = await serve(t, { answerBytesInFlightMax: 4 * LARGE });
  const { node, port, send } = served;
  const values = { small: Buffer.alloc(100), large: Buffer.alloc(LARGE) };
  node.answerGet = ({ key }) =>
    found(versionOf(1, 'a/b', key === 'small' ? values.small : values.large));
  const sockets = unread(port, 6);
  await reached('two answers', async () => (await answerBytes(served)).now >= 2 * LARGE);
  const held = await answerBytes(served);
  t.ok(held.now < held.limit, `${String(held.now)} of ${String(held.limit)}`);
  const shed = await send('GET', PATH);
  t.match(shed.json, { status: 503, code: 'overloaded', outcome: 'none', retryable: true });
  t.equal(shed.headers['retry-after'], '1');
  t.equal((await send('GET', '/api/v1/kv/small')).status, 200);
  t.equal((await send('PUT', PATH, { body: 'x' })).status, 200);
  t.equal((await send('GET', '/healthz')).status, 200);
  const asked = node.gets.length;
  t.ok(asked < 6 * 50, 'what is behind unread answers is not even read');
  // Each is cut after http.sendTimeout, and the next ones on other connections get room.
  await reached('their end', async () => (await answerBytes(served)).now <= 4096);
  t.ok(node.counted.includes('quorate_http_connections_ended_total unread'));
  const { status, bytes } = await send('GET', PATH);
  t.equal(status, 200);
  t.equal(bytes.length, LARGE);
  for (const socket of sockets) socket.destroy();
});

t.test('what a batch has read counts before the batch is answered', async (t) => {
  const served = await serve(t, { answerBytesInFlightMax: 2 * MEBIBYTE });
  const { node, send } = served;
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const value = Buffer.alloc(MEBIBYTE / 2, 'x');
  node.answerGet = async ({ key }) => {
    if (key === 'last') await gate;
    return found(versionOf(1, 'a/b', value));
  };
  const operations = ['a', 'b', 'last'].map((key) => ({ op: 'get', key }));
  const headers = { 'Content-Type': 'application/json' };
  const batch = send('POST', '/api/v1/batch', { headers, body: JSON.stringify({ operations }) });
  await reached('bytes that wait', async () => (await answerBytes(served)).now >= 1.3 * MEBIBYTE);
  t.match((await send('GET', PATH)).json, { code: 'overloaded' });
  release();
  const { json } = await batch;
  t.match(json, {
    failed: 1,
    results: [{ status: 200 }, { status: 200 }, { status: 503, code: 'overloaded' }],
  });
  await reached('their end', async () => (await answerBytes(served)).now <= 4096);
  t.equal((await send('GET', PATH)).status, 200);
});

t.test('large answers wait for their turns within the bound', async (t) => {
  const { node, send } = await serve(t, { answerBytesInFlightMax: 4 * MEBIBYTE });
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  node.answerGet = async () => {
    await gate;
    return found(versionOf(1, 'application/json', `"${'x'.repeat(MEBIBYTE)}"`));
  };
  const asked = Array.from({ length: 20 }, () => send('GET', PATH));
  await reached('twenty gets', () => node.gets.length >= 20);
  release();
  const answers = await Promise.all(asked);
  const statuses = new Set(answers.map(({ status }) => status));
  t.ok(statuses.has(200) && statuses.has(503));
  t.equal(statuses.size, 2);
});
