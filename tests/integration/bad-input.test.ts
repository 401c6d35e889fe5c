/**
 * What a real cluster answers to what it should never take: a problem, nothing stored, and on it
 * goes.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { freeBasePort, RealCluster } from './real-cluster.js';

const basePort = String(await freeBasePort());
const dataDir = join(t.testdir(), 'data');
const cluster = await RealCluster.start(t, dataDir, ['--base-port', basePort]);
const base = cluster.url('n1');
const port = Number(basePort);

interface Case {
  readonly what: string;
  readonly status: number;
  readonly code: string;
  readonly key: string;
  readonly send: () => Promise<Response>;
}

const json = { 'Content-Type': 'application/json' };
const at = (key: string): string => `${base}/api/v1/kv/${key}`;
const put =
  (key: string, body: string, headers: Record<string, string> = json) =>
  () =>
    fetch(at(key), { method: 'PUT', headers, body });

const stored = await put('other', '{"value":1}')();
const { context } = (await stored.json()) as { readonly context: string };

const CASES: readonly Case[] = [
  {
    what: 'a value of 2 MiB',
    ...{ status: 413, code: 'value_too_large', key: 'large' },
    send: put('large', JSON.stringify({ value: 'x'.repeat(2 * 1024 * 1024) })),
  },
  {
    what: 'a key of 2 KiB',
    ...{ status: 400, code: 'invalid_key', key: 'absent' },
    send: put('k'.repeat(2048), '{"value":1}'),
  },
  {
    what: 'broken JSON',
    ...{ status: 400, code: 'invalid_request', key: 'broken' },
    send: put('broken', '{"value":'),
  },
  {
    what: 'an unknown level',
    ...{ status: 400, code: 'invalid_level', key: 'level' },
    send: put('level', '{"value":1}', { ...json, 'X-Consistency-Level': 'most' }),
  },
  {
    what: 'four of three',
    ...{ status: 400, code: 'invalid_level', key: 'four' },
    send: put('four', '{"value":1}', { ...json, 'X-Consistency-Level': '4' }),
  },
  {
    what: 'a forged context',
    ...{ status: 400, code: 'invalid_context', key: 'forged' },
    send: put('forged', '{"value":1,"context":"AAAAAAAAAAAAAAAAAAAAAAAAAAAA"}'),
  },
  {
    what: "another key's context",
    ...{ status: 400, code: 'invalid_context', key: 'foreign' },
    send: put('foreign', JSON.stringify({ value: 1, context })),
  },
  {
    what: "curl's default content type",
    ...{ status: 415, code: 'unsupported_media_type', key: 'form' },
    send: put('form', '{"value":1}', { 'Content-Type': 'application/x-www-form-urlencoded' }),
  },
  {
    what: 'a parameter that a level does not take',
    ...{ status: 400, code: 'invalid_level', key: 'later' },
    send: put('later', '{"value":1}', {
      ...{ ...json, 'X-Consistency-Level': 'bounded-staleness;min=1s' },
    }),
  },
];

for (const { what, status, code, key, send } of CASES) {
  t.test(what, async (t) => {
    const answer = await send();
    t.equal(answer.status, status);
    t.match(answer.headers.get('content-type'), 'application/problem+json');
    t.match(await answer.json(), { code, outcome: 'none' });
    t.equal((await fetch(at(key))).status, 404, 'nothing is stored');
  });
}

/** What the client libraries would not send. Resolves with all that came back. */
async function raw(text: string, cutAfterMilliseconds?: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  socket.write(text);
  if (cutAfterMilliseconds !== undefined) {
    setTimeout(() => socket.end(), cutAfterMilliseconds).unref();
  }
  socket.setTimeout(40_000, () => socket.destroy());
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

const start = (path: string): string => `PUT ${path} HTTP/1.1\r\nHost: localhost\r\n`;
const whole = 'Content-Type: application/json\r\nConnection: close\r\nContent-Length: 11\r\n\r\n';
const manyHeaders = (count: number): string =>
  Array.from({ length: count }, (_, n) => `X-N${n}: 1\r\n`).join('');

t.test('.. as a key never reaches what is above it', async (t) => {
  for (const key of ['..', '%2E%2E', '%2e.', '.']) {
    const answer = await raw(`${start(`/api/v1/kv/${key}`)}${whole}{"value":1}`);
    t.match(answer, /^HTTP\/1\.1 400 /, key);
    t.match(answer, /"code":"invalid_key".*\?key=|\?key=.*"code":"invalid_key"/, 'with a hint');
  }
});

t.test('too many headers are refused, and a level behind them is not dropped', async (t) => {
  const level = 'X-Consistency-Level: nonsense\r\n';
  for (const headers of [manyHeaders(1500) + level, manyHeaders(10_000)]) {
    const answer = await raw(`${start('/api/v1/kv/headers')}${headers}${whole}{"value":1}`);
    t.match(answer, /^HTTP\/1\.1 431 /);
    t.match(answer, '"code":"headers_too_large"');
  }
  t.equal((await fetch(at('headers'))).status, 404);
});

t.test('a body that is cut off stores nothing', async (t) => {
  const headers = 'Content-Type: application/json\r\nContent-Length: 500\r\n\r\n';
  await raw(`${start('/api/v1/kv/cut')}${headers}{"value":"be`, 100);
  t.equal((await fetch(at('cut'))).status, 404);
});

t.test('the node went on through all of it', async (t) => {
  t.equal((await fetch(`${base}/healthz`)).status, 200);
  t.equal((await put('fine', '{"value":1}')()).status, 200);
  t.match(await cluster.ask('status', '-o', 'value'), { out: 'ok\n' });
});
