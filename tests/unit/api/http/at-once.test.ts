/** Where nothing is waited for, no promise is made: the listener returns when it has answered. */
import { createHook } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { createApi } from '../../../../lib/api/api.js';
import { OperatingError } from '../../../../lib/errors.js';
import { SystemClock } from '../../../../lib/platform/system-clock.js';
import { FakeNode, found, versionOf, WRITTEN } from '../fake-node.js';
import { LIMITS } from '../served.js';
import { UNLIMITED_RATES } from '../../unlimited-rates.js';

interface Reported {
  readonly status: number;
  readonly text: string;
  /** While the listener ran. */
  readonly promises: number;
  /** Was the answer made when it returned? */
  readonly atOnce: boolean;
  readonly listeners: readonly (string | symbol)[];
}

async function ask(t: Test, node: FakeNode, method: string, path: string, body?: string) {
  const api = createApi({
    node,
    limits: LIMITS,
    version: '0.1.0',
    clock: new SystemClock(),
    logsRequests: false,
    rates: UNLIMITED_RATES,
    connections: () => ({ open: 0, openMax: 0, waitingBytes: 0 }),
    requestId: () => 'id',
    together: (run) => run(),
    metrics: async () => '',
  });
  let promises = 0;
  const hook = createHook({
    init: (_id, type) => {
      if (type === 'PROMISE') promises += 1;
    },
  });
  let seen: Omit<Reported, 'status' | 'text'> | undefined;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    // As behind the listener: what came with the head has been parsed.
    setImmediate(() => {
      const before = response.eventNames();
      promises = 0;
      hook.enable();
      api(request, response);
      hook.disable();
      const listeners = response.eventNames().filter((name) => !before.includes(name));
      seen = { promises, atOnce: response.writableEnded, listeners };
    });
  });
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const headers = { 'Content-Type': 'application/json', 'Content-Length': body?.length ?? 0 };
  const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const options = {
      port,
      method,
      path,
      agent: false,
      ...(body === undefined ? {} : { headers }),
    };
    const sent = httpRequest(options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
  if (seen === undefined) throw new Error('the listener was not called');
  return { ...answer, ...seen };
}

t.test('a get that need not wait', async (t) => {
  const node = new FakeNode();
  node.answerGet = () => found(versionOf(7, 'application/json', '{"a":1}'));
  for (const path of ['/api/v1/kv/k', '/api/v1/kv/k?siblings=list', '/api/v1/kv?key=k']) {
    const reported = await ask(t, node, 'GET', path);
    t.match(reported, { status: 200, promises: 0, atOnce: true, listeners: [] }, path);
    t.match(reported.text, '"value":{"a":1}');
  }
  t.match(await ask(t, node, 'HEAD', '/api/v1/kv/k'), { status: 200, promises: 0, atOnce: true });
});

t.test('refusals: of a header, of the coordinator, of nobody', async (t) => {
  const node = new FakeNode();
  node.answerGet = () => {
    throw new OperatingError('level_not_reached', 'too few replicas answered');
  };
  const refused = await ask(t, node, 'GET', '/api/v1/kv/k');
  t.match(refused, { status: 503, promises: 0, atOnce: true });
  t.match(refused.text, '"outcome":"none"');
  node.answerGet = () => {
    throw new TypeError('a bug');
  };
  t.match(await ask(t, node, 'GET', '/api/v1/kv/k'), { status: 500, promises: 0, atOnce: true });
  const none = await ask(t, node, 'GET', '/api/v1/kv/a/b');
  t.match(none, { status: 404, promises: 0, atOnce: true });
  t.equal(node.foreground.requests, 0, 'none of them counts as under way any more');
});

t.test('a get that waits is answered later', async (t) => {
  const node = new FakeNode();
  const answer = found(versionOf(7, 'application/json', '1'));
  node.answerGet = () => new Promise((resolve) => setTimeout(() => resolve(answer), 5));
  t.match(await ask(t, node, 'GET', '/api/v1/kv/k'), { status: 200, atOnce: false });
  node.answerGet = () => Promise.reject(new OperatingError('deadline_passed', 'too late'));
  t.match(await ask(t, node, 'GET', '/api/v1/kv/k'), { status: 504, atOnce: false });
  t.equal(node.foreground.requests, 0);
});

t.test('a put whose body came with its head waits for the store alone', async (t) => {
  const node = new FakeNode();
  let put: string | undefined;
  const stored = Promise.resolve(WRITTEN);
  node.answerPut = ({ change }) => {
    put = change.state === 'value' ? Buffer.from(change.value).toString() : undefined;
    return stored;
  };
  const reported = await ask(t, node, 'PUT', '/api/v1/kv/k', '{"value":"v"}');
  t.match(reported, { status: 200, atOnce: false });
  t.equal(put, '"v"');
  t.equal(reported.promises, 2, 'one makes the answer of it, one sends that');
});
