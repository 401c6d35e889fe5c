/** A load on an endpoint that takes connections and answers nobody ends in time, and is aborted. */
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Test } from 'tap';
import t from 'tap';
import type { LoadOutcome } from '../../../../bin/stress/load-endpoint.js';
import { LoadConnections } from '../../../../bin/stress/load-connections.js';
import type { StressPlan } from '../../../../bin/stress/stress-plan.js';
import { StressRun } from '../../../../bin/stress/stress-run.js';

async function listening(t: Test, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function silentEndpoint(t: Test): Promise<string> {
  return listening(
    t,
    createServer((socket) => {
      socket.on('error', () => undefined);
      t.teardown(() => socket.destroy());
    }),
  );
}

/** Keeps one value for each key; what is written in the namespace `lossy` is lost. */
async function goodEndpoint(t: Test): Promise<string> {
  const values = new Map<string, unknown>();
  const server = createHttpServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += String(chunk);
    });
    request.on('end', () => {
      const { url = '', method } = request;
      if (method === 'PUT' && !url.includes('/lossy/')) values.set(url, JSON.parse(text));
      const status = method !== 'GET' || values.has(url) ? 200 : 404;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(status === 404 ? { code: 'not_found' } : values.get(url)));
    });
  });
  t.teardown(() => server.closeAllConnections());
  return listening(t, server);
}

/** A request is awaited for 2001 ms. */
const planOf = (endpoints: readonly string[]): StressPlan => ({
  ...{ endpoints, getsPerSecond: 100, putsPerSecond: 100, durationMilliseconds: 1000 },
  ...{ keyCount: 300, valueBytes: 40, connections: 2, timeoutMilliseconds: 1 },
  ...{ readLevel: 'one', writeLevel: 'one', isStrict: false, run: 'r', namespace: undefined },
  deletesKeys: true,
});

/** Each request and each key by itself would take minutes. */
const SOON_MILLISECONDS = 20_000;

t.test('one of two endpoints is silent: what is asked besides the load spares it', async (t) => {
  const run = new StressRun(planOf([await goodEndpoint(t), await silentEndpoint(t)]));
  const began = performance.now();
  await run.run();
  t.ok(performance.now() - began < SOON_MILLISECONDS);
  const { tally } = run;
  t.match(tally, { keysUnprepared: 0, keysUnread: 0, keysLost: 0, keysLeft: 0, keysDeleted: 300 });
  t.equal(tally.requests.get + tally.requests.put, 200);
  t.equal(tally.failures, 100, 'half of the load went to it');
  t.match([...tally.failuresByCode.keys()], [/no answer in time|not sent/, /no answer|not sent/]);
});

t.test('all are silent: it is given up at once', async (t) => {
  const run = new StressRun(planOf([await silentEndpoint(t)]));
  const began = performance.now();
  await run.run();
  t.ok(performance.now() - began < SOON_MILLISECONDS);
  t.equal(run.tally.successes.get + run.tally.successes.put, 0);
  t.equal(run.tally.keysUnprepared, 300 - 2, 'one write for each connection was sent');
});

t.test('what waits for a connection where others are answered goes on waiting', async (t) => {
  const slow = createHttpServer((_, response) => void setTimeout(() => response.end('{}'), 150));
  t.teardown(() => slow.closeAllConnections());
  const connections = new LoadConnections({
    ...{ endpoints: [await listening(t, slow)], connections: 1, timeoutMilliseconds: 400 },
    onRefused: () => undefined,
  });
  const load = { method: 'GET', path: '/', headers: {}, body: undefined } as const;
  const outcomes = await Promise.all(
    Array.from({ length: 6 }, () => {
      return new Promise<LoadOutcome>((resolve) => connections.send(load, resolve));
    }),
  );
  t.same(
    outcomes.map(({ kind }) => kind),
    Array.from({ length: 6 }, () => 'answered'),
  );
  connections.close();
});

t.test('what cannot be sent long after it was due is given up, and counted', async (t) => {
  const plan = planOf([await silentEndpoint(t)]);
  const run = new StressRun({ ...plan, keyCount: 1, getsPerSecond: 0, deletesKeys: false });
  const began = performance.now();
  await run.run();
  t.ok(performance.now() - began < SOON_MILLISECONDS, 'one writer, 100 writes, each 2 s');
  t.equal(run.tally.requests.put, 100);
  t.equal(run.tally.failures, 100);
});

t.test('an abort ends what is under way, and what would follow', async (t) => {
  const run = new StressRun({ ...planOf([await silentEndpoint(t)]), timeoutMilliseconds: 60_000 });
  const ran = run.run();
  setTimeout(() => run.abort(), 200);
  const began = performance.now();
  await ran;
  t.ok(performance.now() - began < 5000);
});

t.test('an abort also ends the read back of what was acknowledged', async (t) => {
  const moments = { 'while requests become due': 600, 'while what was written is read': 1600 };
  for (const [when, milliseconds] of Object.entries(moments)) {
    const good = await goodEndpoint(t);
    const plan = { ...planOf([good]), deletesKeys: false };
    // What was lost is looked for until the time for that is over.
    const run = new StressRun({ ...plan, namespace: milliseconds > 1000 ? 'lossy' : undefined });
    setTimeout(() => run.abort(), milliseconds);
    const began = performance.now();
    await run.run();
    t.ok(performance.now() - began < 5000, when);
    t.ok(run.tally.successes.put > 0, 'something was acknowledged');
  }
});
