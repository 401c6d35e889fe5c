/** The client against a listener that answers as it is told: paths, headers, and typed results. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import t from 'tap';
import { z } from 'zod';
import {
  rawJson,
  type ListOptions,
  QuorateClient,
  QuorateError,
} from '../../../lib/client/client.js';
import { pathOf } from '../../../lib/client/key-path.js';
import { inTime } from '../in-time.js';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = (response: ServerResponse, asked: Asked) => void;

/** Nobody listens there, and fetch refuses none of the higher ports. */
const REFUSING = 'http://127.0.0.1:24001';

/** Each request is asked once, at the nodes that are named. */
const clientOf = (endpoints: readonly string[]) =>
  new QuorateClient({ endpoints, discover: false, retries: 0 });

const well = (response: ServerResponse): unknown => response.end('{}');

/** @param health null: it answers as every other request */
async function listenerOf(
  t: Test,
  answer: Answer,
  health: ((response: ServerResponse) => unknown) | null = well,
) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      if (url === '/healthz' && health !== null) {
        health(response);
        return;
      }
      asked.push({ method, url, headers, body });
      answer(response, { method, url, headers, body });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, endpoint };
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const problem = (status: number, code: string, outcome: string, more = {}): Answer =>
  json(status, { code, detail: 'why', outcome, retryable: true, ...more }, RECEIPT);

const RECEIPT = { 'x-consistency-achieved': 'quorum', 'x-replicas': '2/3' };
const WRITTEN = { key: 'k', version: 'v', context: 'c', replaced: ['u'] };

t.test('a get is a value, siblings, nothing, or a problem', async (t) => {
  const rows: readonly (readonly [answer: Answer, result: object])[] = [
    [
      json(
        200,
        '{"key":"k","value":12345678901234567890,"version":"v","context":"c","written_at":"w"}',
        RECEIPT,
      ),
      {
        kind: 'value',
        value: Number('12345678901234567890'),
        stored: { kind: 'json', text: '12345678901234567890' },
        context: 'c',
        receipt: { level: 'quorum', replicas: '2/3' },
      },
    ],
    [
      (response) => {
        const headers = {
          ...RECEIPT,
          'content-type': 'image/x',
          etag: '"v"',
          'x-written-at': 'w',
          'x-causal-context': 'c',
        };
        response.writeHead(200, headers).end(Buffer.from([0, 255]));
      },
      {
        kind: 'value',
        value: new Uint8Array([0, 255]),
        stored: { kind: 'bytes', bytes: new Uint8Array([0, 255]), contentType: 'image/x' },
        version: 'v',
        context: 'c',
      },
    ],
    [
      json(
        409,
        '{"code":"siblings","detail":"","outcome":"none","retryable":false,"context":"c",' +
          '"siblings":[{"value":{"a":12345678901234567890,"b":1.10},' +
          '"version":"v1","written_at":"w","written_by":"n1"},' +
          '{"value_base64":"AP8=","content_type":"x/y",' +
          '"version":"v2","written_at":"w","written_by":"n2"}]}',
        RECEIPT,
      ),
      {
        kind: 'siblings',
        context: 'c',
        siblings: [
          {
            value: { b: 1.1 },
            stored: { kind: 'json', text: '{"a":12345678901234567890,"b":1.10}' },
            ...{ version: 'v1', writtenBy: 'n1' },
          },
          { stored: { kind: 'bytes', contentType: 'x/y' }, version: 'v2' },
        ],
      },
    ],
    [problem(404, 'not_found', 'none'), { kind: 'not-found', receipt: { level: 'quorum' } }],
    [problem(503, 'level_not_reached', 'none'), { kind: 'problem', status: 503, outcome: 'none' }],
    // Whoever it was that answered: by a read nothing happens.
    [json(502, '<html>'), { kind: 'problem', status: 502, code: 'internal', outcome: 'none' }],
    [json(200, '{"value":1}'), { kind: 'problem', status: 200, code: 'internal' }],
  ];
  for (const [answer, result] of rows) {
    const { endpoint } = await listenerOf(t, answer);
    const got = clientOf([endpoint]).get('k');
    t.match(await got.catch((error: unknown) => error), result);
  }
});

t.test('what is no node is told from one, whatever it answers', async (t) => {
  const html = { 'content-type': 'text/html; charset=utf-8' };
  const others: readonly Answer[] = [
    (response) => response.writeHead(200, { ...html, etag: '"x"' }).end('<html>'),
    (response) => response.writeHead(404, html).end('<html>'),
    (response) => response.writeHead(200).end(),
    json(200, {}),
    json(200, []),
  ];
  for (const answer of others) {
    const { endpoint } = await listenerOf(t, answer);
    const client = clientOf([endpoint]);
    const says = { code: 'internal', detail: /none of Quorate's: is each endpoint/ };
    await t.rejects(client.get('k'), { ...says, outcome: 'none' });
    await t.rejects(client.listPage(), { ...says, outcome: 'none' });
    await t.rejects(client.put('k', 1), { ...says, outcome: 'unknown' });
    await t.rejects(client.delete('k'), { ...says, outcome: 'unknown' });
    await t.rejects(client.batch([{ kind: 'get', key: 'k' }]), says);
  }
});

t.test('a put says what it means, and its options are headers', async (t) => {
  const { asked, endpoint } = await listenerOf(t, json(200, WRITTEN, RECEIPT));
  const client = clientOf([endpoint]);
  const written = { kind: 'written', version: 'v', context: 'c', replaced: ['u'] };
  const options = {
    level: 'all',
    fallbacks: ['quorum', 'one'],
    timeoutMilliseconds: 60_000,
    context: 'c0',
    durability: 'os',
    ttl: 60,
  } as const;
  t.match(await client.put('k', rawJson('12345678901234567890'), options), written);
  t.match(asked[0], {
    method: 'PUT',
    url: '/api/v1/kv/k',
    body: '{"value":12345678901234567890}',
    headers: {
      'content-type': 'application/json',
      'x-consistency-level': 'all',
      'x-consistency-fallback': 'quorum, one',
      'x-timeout': /^(?:60000|5\d{4})ms$/,
      'x-causal-context': 'c0',
      'x-durability': 'os',
      'x-ttl': '60',
    },
  });
  await client.put('k', Buffer.from('{"value":1}'), { contentType: 'text/plain' });
  t.match(asked[1], {
    body: '{"value":1}',
    headers: { 'content-type': 'text/plain', 'x-raw': '1' },
  });
  await t.rejects(client.get('k', { readRepair: 'await' }), { code: 'internal' }, 'no get');
  t.match(asked.pop(), { method: 'GET', headers: { 'x-read-repair': 'await' } });
  t.match(await client.delete('k'), written);
  t.match(asked[2], { method: 'DELETE', body: '' });
  t.notOk(asked[2]?.headers['x-consistency-level'], 'the default of the cluster stays its default');
});

t.test(
  'a list goes on from page to page, and ends with the problem, if there is one',
  async (t) => {
    const pages = [
      json(200, { keys: ['a', 'b'], cursor: 'c1' }, RECEIPT),
      json(200, { keys: [], cursor: 'c2' }, RECEIPT),
      json(200, { keys: ['c'] }, RECEIPT),
    ];
    let served = 0;
    const { asked, endpoint } = await listenerOf(t, (response, request) => {
      const answer = pages[served] ?? problem(503, 'level_not_reached', 'none');
      served += 1;
      answer(response, request);
    });
    const client = clientOf([endpoint]);
    const all = async (options: ListOptions) => {
      const rows: string[] = [];
      for await (const { key } of client.list(options)) rows.push(key);
      return rows;
    };
    t.strictSame(await all({ prefix: 'a/ü', limit: 2, level: 'all' }), ['a', 'b', 'c']);
    t.strictSame(
      asked.map(({ url }) => url),
      ['', '&cursor=c1', '&cursor=c2'].map((more) => `/api/v1/kv?prefix=a%2F%C3%BC${more}&limit=2`),
    );
    t.equal(asked[0]?.headers['x-consistency-level'], 'all');
    await t.rejects(all({}), { code: 'level_not_reached' });
  },
);

t.test('a listed value keeps its digits, and siblings are there with it', async (t) => {
  const item =
    '{"key":"n","value":12345678901234567890,"version":"v","context":"c","written_at":"w"}';
  const sibling = '{"value":1,"version":"v1","written_at":"w","written_by":"n1"}';
  const bytes =
    '{"value_base64":"AP8=","content_type":"x/y","version":"v2","written_at":"w","written_by":"n"}';
  const two = `{"key":"s","context":"d","siblings":[${sibling},${bytes}]}`;
  const { asked, endpoint } = await listenerOf(t, json(200, `{"items":[${item},${two}]}`, RECEIPT));
  const client = clientOf([endpoint]);
  const page = await client.listPage({ values: true });
  t.match(page, {
    kind: 'page',
    cursor: undefined,
    keys: [
      { key: 'n', stored: [{ kind: 'json', text: '12345678901234567890' }], context: 'c' },
      { key: 's', values: [1, new Uint8Array([0, 255])], context: 'd' },
    ],
  });
  t.equal(asked[0]?.url, '/api/v1/kv?values=1');
});

t.test('a key is one segment, encoded once', async (t) => {
  const { asked, endpoint } = await listenerOf(t, json(200, WRITTEN));
  const client = clientOf([endpoint]);
  for (const key of ['a/b', '%2F', 'ü ?#', '..', '.', '...', '%2e%2e']) await client.delete(key);
  t.same(
    asked.map(({ url }) => url),
    [
      ...['/api/v1/kv/a%2Fb', '/api/v1/kv/%252F', '/api/v1/kv/%C3%BC%20%3F%23'],
      ...['/api/v1/kv?key=..', '/api/v1/kv?key=.', '/api/v1/kv/...', '/api/v1/kv/%252e%252e'],
    ],
  );
  t.equal(pathOf('/x', 'a/b', '/conflicts'), '/x/a%2Fb/conflicts');
});

t.test('a refused connection is tried elsewhere, an unanswered request is not', async (t) => {
  const good = await listenerOf(t, json(200, WRITTEN));
  const breaking = await listenerOf(t, (response) => void response.destroy());
  const silent = await listenerOf(t, () => undefined);
  const put = (endpoints: readonly string[], timeoutMilliseconds?: number) =>
    clientOf(endpoints)
      .put('k', 1, { timeoutMilliseconds })
      .catch((error: unknown) => error);

  t.match(await put([REFUSING, good.endpoint]), { kind: 'written' });
  const refused = await put([REFUSING]);
  t.type(refused, QuorateError);
  t.match(refused, { kind: 'problem', code: 'peer_unreachable', outcome: 'none' });
  const broken = await put([breaking.endpoint, good.endpoint]);
  t.match(broken, { kind: 'problem', code: 'peer_unreachable', outcome: 'unknown' });
  t.equal(good.asked.length, 1, 'a write is asked once');
  const late = await put([silent.endpoint], 200);
  t.match(late, { kind: 'problem', code: 'deadline_passed', outcome: 'unknown' });
  const read = clientOf([breaking.endpoint]).get('k');
  await t.rejects(read, { name: 'QuorateError', outcome: 'none' }, 'a read changes nothing');
});

t.test('control answers are checked against their shape', async (t) => {
  const { asked, endpoint } = await listenerOf(t, json(200, { a: 1 }));
  const client = clientOf([endpoint]);
  const shape = z.looseObject({ a: z.number() });
  const headers = { 'if-match': '"v"' };
  const result = await client.control('POST', '/api/v1/x', shape, { b: 2 }, headers);
  t.match(result, { kind: 'answer', content: { a: 1 }, text: '{"a":1}' });
  t.match(asked[0], { body: '{"b":2}', headers: { 'if-match': '"v"' } });
  const other = z.looseObject({ a: z.string() });
  await t.rejects(client.control('GET', '/api/v1/x', other), { code: 'internal' });
});

t.test('a silent endpoint is waited for once, and no write goes there', async (t) => {
  const good = await listenerOf(t, json(200, WRITTEN));
  // It takes connections, and says nothing: a process that was stopped, a full disk below a proxy.
  const silent = await listenerOf(t, () => undefined, null);
  const client = clientOf([silent.endpoint, REFUSING, good.endpoint]);
  const patient = { timeoutMilliseconds: 3_600_000 };
  for (let i = 0; i < 5; i += 1) {
    const written = await inTime('another endpoint', client.put('k', 1, patient));
    t.match(written, { kind: 'written' });
  }
  t.equal(good.asked.length, 5);
  t.notOk(silent.asked.some(({ method }) => method === 'PUT'));
  t.ok(silent.asked.length < 5, 'it is remembered');
  const both = clientOf([silent.endpoint, REFUSING]);
  const none = both.put('k', 1, { timeoutMilliseconds: 200 });
  await t.rejects(none, { name: 'QuorateError', outcome: 'none', detail: /silent.*|ECONNREFUSED/ });
});

t.test('one that answered and falls silent is asked last from then on', async (t) => {
  let isWell = true;
  const good = await listenerOf(t, json(200, WRITTEN));
  const turning = await listenerOf(
    t,
    (response, asked) => (isWell ? json(200, WRITTEN)(response, asked) : undefined),
    (response) => (isWell ? well(response) : undefined),
  );
  const client = clientOf([turning.endpoint, good.endpoint]);
  const put = (timeoutMilliseconds: number) => client.put('k', 1, { timeoutMilliseconds });
  t.match(await put(60_000), { kind: 'written' });
  t.equal(turning.asked.length, 1);
  isWell = false;
  // Whoever answered a moment ago is not asked again whether it does: this one write is unknown.
  await t.rejects(put(200), { name: 'QuorateError', outcome: 'unknown' });
  t.match(await inTime('another endpoint', put(3_600_000)), { kind: 'written' });
  t.equal(good.asked.length, 1);
});
