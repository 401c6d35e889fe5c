/** Sessions of the client: all tokens that it holds are sent, and an answer replaces those. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { z } from 'zod';
import {
  QuorateClient,
  type SavedSession,
  type SessionOptions,
} from '../../../lib/client/client.js';
import { answerOf, type FakeNode, FakeTransport, problemOf } from './fake-transport.js';

const ENDPOINT = 'http://a:1';
const READ = { value: 1, version: 'v', context: 'c', written_at: 'w' };

/** Answers with the tokens that are given, in the order of the requests, as `release` lets it. */
async function sessionFor(t: Test, tokens: readonly string[], more: Partial<SessionOptions> = {}) {
  const sent: (string | undefined)[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    request.resume();
    sent.push(request.headers['x-session-token'] as string | undefined);
    const token = tokens[sent.length - 1] ?? 'none';
    waiting.push(() => {
      response.writeHead(404, {
        'content-type': 'application/problem+json',
        ...(token === 'none' ? {} : { 'x-session-token': token }),
        ...{ 'x-consistency-achieved': 'one', 'x-replicas': '1/3' },
      });
      response.end('{"code":"not_found","detail":"","outcome":"none","retryable":false}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoints = [`http://127.0.0.1:${(server.address() as AddressInfo).port}`];
  const session = new QuorateClient({ endpoints, discover: false }).session(more);
  const arrived = async (count: number): Promise<void> => {
    while (sent.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const release = (which: number): void => waiting[which]?.();
  return { session, sent, arrived, release };
}

t.test('one after the other', async (t) => {
  const { session, sent, arrived, release } = await sessionFor(t, ['a', 'b']);
  for (const [i, expected] of ['a', 'b'].entries()) {
    const answer = session.get('k');
    await arrived(i + 1);
    release(i);
    t.equal((await answer).kind, 'not-found');
    t.strictSame(session.tokens, [expected]);
  }
  t.strictSame(sent, ['new', 'a'], 'it begins at any level');
});

t.test('together: the last answer does not undo what a faster one has reported', async (t) => {
  const { session, sent, arrived, release } = await sessionFor(t, ['slow', 'fast', 'both'], {
    tokens: ['a', 'b'],
  });
  const slow = session.get('k');
  await arrived(1);
  const fast = session.get('l');
  await arrived(2);
  release(1);
  await fast;
  t.strictSame(session.tokens, ['fast']);
  release(0);
  await slow;
  t.strictSame(session.tokens, ['fast', 'slow']);
  const last = session.get('m');
  await arrived(3);
  release(2);
  await last;
  t.strictSame(sent, ['a, b', 'a, b', 'fast, slow']);
  t.strictSame(session.tokens, ['both']);
});

t.test(
  'who keeps them is told before the answer is there; other paths are of no session',
  async (t) => {
    const kept: string[] = [];
    const { session, sent, arrived, release } = await sessionFor(t, ['none', 'a', 'none'], {
      onTokens: (tokens) => {
        kept.push(tokens.join(' '));
      },
    });
    const control = session.control('GET', '/api/v1/cluster/status', z.unknown());
    await arrived(1);
    release(0);
    await t.rejects(control, { code: 'not_found', status: 404 });
    t.strictSame([sent, kept], [[undefined], []]);
    for (const i of [1, 2]) {
      const answer = session.get('k');
      await arrived(i + 1);
      release(i);
      await answer;
      t.strictSame(kept, ['a'], 'once for each change');
    }
    t.strictSame(session.tokens, ['a'], 'an answer without one changes nothing');
  },
);

/** Answers one token for all that came; refuses headers as a node does. */
function mergingNode(charactersMax: number) {
  let made = 0;
  const sizes: number[] = [];
  const node: FakeNode = ({ path, headers }) => {
    const sent = headers['x-session-token'] ?? '';
    sizes.push(sent.length);
    if (sent.length > charactersMax) {
      return problemOf(431, 'headers_too_large', { retryable: false });
    }
    made += 1;
    const token = { 'x-session-token': `t${made}`.padEnd(100, '-') };
    const body = path.endsWith('/batch')
      ? { failed: 0, results: [] }
      : { version: 'v', context: 'c', replaced: [] };
    return answerOf(200, body, token);
  };
  return { node, sizes };
}

t.test('a session that had many requests together still fits into a request', async (t) => {
  const { node, sizes } = mergingNode(16_000);
  const transport = new FakeTransport({ [ENDPOINT]: node });
  const client = new QuorateClient({ endpoints: [ENDPOINT], transport, discover: false });
  const session = client.session();
  await session.put('k', 1);
  await Promise.all(Array.from({ length: 400 }, (_, i) => session.put(`k${i}`, 1)));
  t.equal(session.tokens.length, 400);
  const before = sizes.length;
  const saved = JSON.parse(JSON.stringify(session)) as SavedSession;
  await Promise.all([session.put('k', 2), session.namespace('shop').put('k', 2)]);
  t.equal(sizes.length - before, 7, 'merged in five parts, once for both');
  await client.session({ saved }).put('k', 3);
  t.ok(Math.max(...sizes) <= 8192, `${Math.max(...sizes)}`);
});

t.test('who waits for that ends in time, and is told why it cannot be', async (t) => {
  const tokens = Array.from({ length: 400 }, (_, i) => `t${i}`.padEnd(100, '-'));
  const sessionOf = (node: FakeNode) => {
    const transport = new FakeTransport({ [ENDPOINT]: node });
    const client = new QuorateClient({ endpoints: [ENDPOINT], transport, discover: false });
    return { client, session: client.session({ tokens }) };
  };
  const { client, session } = sessionOf(() => 'silent');
  const ending = new AbortController();
  const given = session.put('k', 1, { signal: ending.signal });
  const late = session.put('k', 1, { timeoutMilliseconds: 20 });
  const closed = session.put('k', 1);
  ending.abort();
  await t.rejects(given, { code: 'aborted', outcome: 'none' });
  await t.rejects(late, { code: 'deadline_passed', outcome: 'none' });
  const end = t.rejects(closed, { code: 'closed', outcome: 'none' });
  await client.close();
  await end;
  const refusing = sessionOf(() => problemOf(401, 'unauthorized', { retryable: false }));
  await t.rejects(refusing.session.put('k', 1), { code: 'unauthorized', outcome: 'none' });
});

t.test('a list is of no session', async (t) => {
  const answers: FakeNode = ({ path }) =>
    path.includes('key=') ? answerOf(200, READ) : answerOf(200, { keys: ['a'] });
  const transport = new FakeTransport({ [ENDPOINT]: answers });
  const client = new QuorateClient({ endpoints: [ENDPOINT], transport, discover: false });
  const session = client.session({ tokens: ['t'] });
  t.match((await session.listPage({ prefix: 'key=' })).keys, [{ key: 'a' }]);
  await session.namespace('shop').listPage();
  await session.get('.');
  t.strictSame(
    transport.sent.map(({ headers }) => headers['x-session-token']),
    [undefined, undefined, 't'],
  );
});
