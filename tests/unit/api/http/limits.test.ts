/** Limits: bodies too large, cut, or held open, and too much at once; nothing of it is stored. */
import { connect } from 'node:net';
import t from 'tap';
import { WRITTEN } from '../fake-node.js';
import { serve } from '../served.js';
import { reached } from '../../in-time.js';

const PATH = '/api/v1/kv/k';
const HEAD = `PUT ${PATH} HTTP/1.1\r\nHost: localhost\r\n`;
const MEBIBYTE = 1024 * 1024;
const JSON_HEADERS = { 'Content-Type': 'application/json' };

t.test('a value at the limit is taken, one beyond it is not', async (t) => {
  const { node, send } = await serve(t);
  const text = (length: number): string => `{"value":"${'x'.repeat(length - 2)}"}`;
  const rows: readonly (readonly [
    headers: Record<string, string>,
    body: string,
    status: number,
  ])[] = [
    [{}, 'x'.repeat(MEBIBYTE), 200],
    [{}, 'x'.repeat(MEBIBYTE + 1), 413],
    [{}, 'x'.repeat(2 * MEBIBYTE), 413],
    [{ 'Transfer-Encoding': 'chunked' }, 'x'.repeat(2 * MEBIBYTE), 413],
    [JSON_HEADERS, text(MEBIBYTE), 200],
    [JSON_HEADERS, text(MEBIBYTE + 1), 413],
    [JSON_HEADERS, text(2 * MEBIBYTE), 413],
  ];
  for (const [headers, body, status] of rows) {
    const answer = await send('PUT', PATH, { headers, body });
    t.equal(answer.status, status, `${JSON.stringify(headers)} ${body.length}`);
    if (status === 413) t.match(answer.json, { code: 'value_too_large', required: MEBIBYTE });
  }
  t.equal(node.puts.length, 2);
});

t.test('a body that is announced as endless is not waited for', async (t) => {
  const { raw, node } = await serve(t);
  const answer = await raw(
    `PUT ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\nx`,
  );
  t.match(answer, /^HTTP\/1.1 413 .*Connection: close.*value_too_large/s);
  const chunked = await serve(t, { valueBytesMax: 1000 });
  const piece = 'x'.repeat(MEBIBYTE);
  const chunks = `${piece.length.toString(16)}\r\n${piece}\r\n`.repeat(9);
  const head = `PUT ${PATH} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`;
  t.match(await chunked.raw(head + chunks), /^HTTP\/1.1 413 .*Connection: close/s);
  t.equal(node.puts.length + chunked.node.puts.length, 0);
});

t.test('a body that is cut is not stored', async (t) => {
  const { node, raw, port, send } = await serve(t);
  const head = `PUT ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n`;
  t.match(await raw(`${head}12345`), /^HTTP\/1.1 400 .*"code":"invalid_request"/s, 'ended');
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`${head}12345`, () => socket.destroy());
    });
    socket.on('close', () => resolve());
  });
  t.equal((await send('GET', '/healthz')).status, 200, 'the node goes on');
  t.equal(node.puts.length, 0);
  t.match(node.counted.join(), /put quorum invalid_request refused/);
});

t.test('too many requests at once are shed, and room comes back', async (t) => {
  const { node, send } = await serve(t, { requestsInFlightMax: 2 });
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  node.answerPut = async () => {
    await gate;
    return WRITTEN;
  };
  const held = [send('PUT', PATH), send('PUT', PATH)];
  await reached('two puts', () => node.puts.length >= 2);
  t.equal(node.foreground.requests, 2, 'background work knows who waits');
  const shed = await send('PUT', PATH);
  t.match(shed.json, { status: 503, code: 'overloaded', retryable: true, outcome: 'none' });
  t.equal(shed.headers['retry-after'], '1');
  t.equal((await send('GET', '/healthz')).status, 200, 'a busy node lives');
  release();
  t.same(
    (await Promise.all(held)).map(({ status }) => status),
    [200, 200],
  );
  t.equal((await send('PUT', PATH)).status, 200);
  t.equal(node.foreground.requests, 0);
});

t.test('too many bytes at once are shed, and room comes back', async (t) => {
  const { node, send } = await serve(t, { requestBytesInFlightMax: 1000 });
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  node.answerPut = async () => {
    await gate;
    return WRITTEN;
  };
  const held = send('PUT', PATH, { body: 'x'.repeat(600) });
  await reached('a put', () => node.puts.length >= 1);
  t.match((await send('PUT', PATH, { body: 'x'.repeat(600) })).json, { code: 'overloaded' });
  release();
  t.equal((await held).status, 200);
  for (let i = 0; i < 5; i += 1) {
    const headers = i % 2 === 0 ? {} : JSON_HEADERS;
    const { status } = await send('PUT', PATH, { headers, body: 'x'.repeat(900) });
    t.equal(status, i % 2 === 0 ? 200 : 400, 'refused bodies give their room back too');
  }
});

t.test('requests in a row share a connection, also after refusals', async (t) => {
  const { raw } = await serve(t);
  const put = (body: string): string =>
    `${HEAD}X-TTL: 0\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const get = `GET ${PATH} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: last\r\n\r\n`;
  const answers = await raw(put('abc') + put('d') + get);
  t.same(answers.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 400', 'HTTP/1.1 400', 'HTTP/1.1 404']);
  t.match(answers, /X-Request-Id: last/);
});

t.test('a body that is held open is answered, and not stored', async (t) => {
  const { node, port, send } = await serve(t);
  const answer = await new Promise<string>((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`PUT ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345`);
    });
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
  t.match(answer, /^HTTP\/1.1 408 .*"code":"body_timeout"/s);
  t.equal((await send('GET', '/healthz')).status, 200);
  t.equal(node.puts.length, 0);
});

t.test('headers beyond the limit are refused, never dropped', async (t) => {
  const { node, raw, send } = await serve(t);
  for (const [count, status] of [
    [190, 404],
    [1500, 431],
    [10_000, 431],
  ] as const) {
    const filler = Array.from({ length: count }, (_, i) => `x-${i}: y\r\n`).join('');
    const level = 'X-Consistency-Level: all\r\n';
    const answer = await raw(`GET ${PATH} HTTP/1.1\r\nHost: localhost\r\n${filler}${level}\r\n`);
    t.match(answer, new RegExp(`^HTTP/1.1 ${status} `), String(count));
    if (status === 431) t.match(answer, /"code":"headers_too_large"/);
  }
  t.same(
    node.gets.map(({ level }) => level),
    ['all'],
  );
  t.equal((await send('GET', '/healthz')).status, 200);
});

t.test('what is no HTTP gets a problem too', async (t) => {
  const { raw } = await serve(t);
  for (const text of [
    'nonsense\r\n\r\n',
    'GET /api/v1/kv/\xc3\xa9 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'GET /api/v1/kv/k HTTP/1.1\r\n\r\n',
    `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
  ]) {
    t.match(await raw(text), /^HTTP\/1.1 400 .*application\/problem\+json/s, text);
  }
  const old = await raw('GET /api/v1/kv/k\r\n\r\n');
  t.match(old, /^HTTP\/1.1 505 .*"status":505/s, 'HTTP/0.9');
});
