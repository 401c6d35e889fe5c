/** Bodies that are none, that wait to be asked for, or bring headers behind them. */
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { WRITTEN } from '../fake-node.js';
import { type Served, serve } from '../served.js';

const PATH = '/api/v1/kv/k';
const CONFIG = '/api/v1/config/consistency';
const head = (method: string, path: string, lines: string): string =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

t.test('an empty body in chunks is no body', async (t) => {
  const { node, raw } = await serve(t);
  const next = head('GET', '/healthz', '');
  for (const [method, path, status] of [
    ['GET', PATH, 404],
    ['HEAD', PATH, 404],
    ['DELETE', PATH, 200],
    ['GET', `${PATH}/conflicts`, 404],
    ['GET', '/api/v1', 200],
    ['GET', '/readyz', 200],
    ['GET', CONFIG, 200],
  ] as const) {
    const none = await raw(`${head(method, path, CHUNKED)}0\r\n\r\n${next}`);
    t.match(none, new RegExp(`^HTTP/1.1 ${String(status)} `), `${method} ${path}`);
    t.match(none, /"status":"ok"/, 'and the connection goes on');
    const some = await raw(`${head(method, path, CHUNKED)}1\r\nx\r\n0\r\n\r\n`);
    t.match(some, /^HTTP\/1.1 400 /);
    t.match(await raw(`${head(method, path, 'Content-Length: 0\r\n')}`), String(status));
    t.match(await raw(`${head(method, path, 'Content-Length: 1\r\n')}x`), /^HTTP\/1.1 400 /);
  }
  t.equal(node.puts.length, 2, 'the deletes without a body');
  t.match(await raw(`${head('PUT', PATH, CHUNKED)}0\r\n\r\n`), /^HTTP\/1.1 200 /, 'empty bytes');
});

t.test('headers behind a body are refused, not dropped', async (t) => {
  const { node, raw } = await serve(t);
  for (const [method, path, body] of [
    ['PUT', PATH, '1\r\nx\r\n0\r\n'],
    ['DELETE', PATH, '0\r\n'],
    ['GET', PATH, '0\r\n'],
  ] as const) {
    const answer = await raw(`${head(method, path, CHUNKED)}${body}X-TTL: 5\r\n\r\n`);
    t.match(answer, /^HTTP\/1.1 400 .*"field":"x-ttl"/s);
  }
  t.equal(node.puts.length + node.gets.length, 0);
});

/** Sends a head that waits to be asked for its body, and the body when it is asked. */
function waiting(port: number, text: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (received === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(body);
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}

const EXPECT = 'Expect: 100-continue\r\n';
const length = (bytes: number): string => `Content-Length: ${String(bytes)}\r\n`;
const JSON_TYPE = 'Content-Type: application/json\r\n';

async function refusals(t: Test, { port, node }: Served): Promise<void> {
  const rows: readonly (readonly [text: string, status: number])[] = [
    [head('PUT', PATH, EXPECT + length(1024 * 1024 + 1)), 413],
    [head('PUT', PATH, EXPECT + length(50_000_000_000)), 413],
    [head('POST', CONFIG, EXPECT + JSON_TYPE + length(65_537)), 413],
    [head('POST', '/api/v1/batch', EXPECT + JSON_TYPE + length(9 * 1024 * 1024)), 413],
    [head('POST', CONFIG, EXPECT + length(2)), 415],
    [head('PUT', PATH, `${EXPECT}Content-Encoding: gzip\r\n${length(2)}`), 415],
    [head('PUT', PATH, `${EXPECT}X-Consistency-Levels: all\r\n${length(2)}`), 400],
    [head('GET', PATH, EXPECT + length(2)), 400],
    [head('PUT', '/api/v1/nothing', EXPECT + length(2)), 404],
    [head('PATCH', PATH, EXPECT + length(2)), 405],
  ];
  for (const [text, status] of rows) {
    const answer = await waiting(port, text, '');
    t.match(
      answer,
      new RegExp(`^HTTP/1.1 ${String(status)} [\\s\\S]*connection: close`, 'i'),
      text,
    );
  }
  t.equal(node.puts.length, 0);
}

t.test('whoever waits is refused before the body, or asked for it', async (t) => {
  const served = await serve(t);
  await refusals(t, served);
  const { node, port } = served;
  for (const [framing, body] of [
    [length(3), 'abc'],
    [CHUNKED, '3\r\nabc\r\n0\r\n\r\n'],
  ] as const) {
    const text = head('PUT', PATH, `${EXPECT}Connection: close\r\n${framing}`);
    const answer = await waiting(port, text, body);
    t.match(answer, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
    t.match(node.puts.at(-1)?.change, { value: Buffer.from('abc') });
  }
  const get = head('GET', '/healthz', '');
  const both = get + head('PUT', PATH, `${EXPECT}Connection: close\r\n${length(3)}`);
  const answer = await served.raw(`${both}abc`);
  t.match(answer, /^HTTP\/1.1 200 [\s\S]*"ok"[\s\S]*HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
});

t.test('writes on one connection are one after the other', async (t) => {
  const { node, raw } = await serve(t);
  let value = '';
  const order: string[] = [];
  node.answerPut = async ({ change }) => {
    const bytes = change.state === 'value' ? Buffer.from(change.value).toString() : '';
    order.push(`+${bytes}`);
    await new Promise((resolve) => setTimeout(resolve, 12 - 4 * Number(bytes)));
    value = bytes;
    order.push(`-${bytes}`);
    return WRITTEN;
  };
  const put = (text: string): string => `${head('PUT', PATH, length(text.length))}${text}`;
  await raw(put('1') + put('2') + put('3'));
  t.strictSame(order, ['+1', '-1', '+2', '-2', '+3', '-3']);
  t.equal(value, '3');
});
