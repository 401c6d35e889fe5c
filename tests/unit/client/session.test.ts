/** Sessions of the client: all tokens that it holds are sent, and an answer replaces those. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { z } from 'zod';
import { QuorateClient, type SessionOptions } from '../../../lib/client/client.js';

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
