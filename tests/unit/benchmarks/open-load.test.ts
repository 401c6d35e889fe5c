/** Load at a given rate: everything due leaves, every request gets its answer or a reason. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { judge, mixedRequest, newTally } from '../../benchmarks/mixed-load.js';
import type { Answered } from '../../benchmarks/open-load.js';
import { OpenLoad, sendOnce } from '../../benchmarks/open-load.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(t: Test, handler: Handler): Promise<{ url: string; server: Server }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** Where nobody listens any more. */
async function deadUrl(t: Test): Promise<string> {
  const { url, server } = await serve(t, () => undefined);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

const echo: Handler = (request, response) => {
  request.resume();
  response.end(request.url);
};
const common = { connections: 4, patienceMilliseconds: 10_000 };
const get = (n: number) =>
  ({ method: 'GET', path: `/${n}`, headers: {}, keepBody: n % 2 === 0 }) as const;

t.test('whatever is due leaves, once, and times count from then', async (t) => {
  const { url } = await serve(t, echo);
  const answers: Answered[] = [];
  const onAnswer = (answered: Answered): unknown => answers.push(answered);
  const load = new OpenLoad({
    ...{ ...common, endpoints: [url], perSecond: 1000, request: get },
    onAnswer,
  });
  await load.run(0.2);
  t.equal(load.sent, 200);
  answers.sort((a, b) => a.n - b.n);
  t.strictSame(
    answers.map(({ n }) => n),
    Array.from({ length: 200 }, (_, n) => n),
  );
  for (const { n, status, body, milliseconds, underwayMilliseconds } of answers) {
    t.equal(status, 200);
    t.equal(body, n % 2 === 0 ? `/${n}` : undefined, 'the body is kept where it was asked for');
    t.ok(milliseconds >= underwayMilliseconds, 'due before it left');
  }
  const gaps = answers.slice(1).map(({ due }, n) => due - (answers[n]?.due ?? 0));
  t.ok(
    gaps.every((gap) => Math.abs(gap - 1) < 0.001),
    'due at even distances',
  );
});

t.test('an endpoint that refuses is passed over', async (t) => {
  const { url } = await serve(t, echo);
  const statuses = new Set<number>();
  const endpoints = [await deadUrl(t), url];
  const load = new OpenLoad({
    ...{ ...common, endpoints, perSecond: 1000, request: get },
    onAnswer: ({ status }) => statuses.add(status),
  });
  await load.run(0.1);
  t.strictSame([...statuses], [200]);
  t.ok(load.refused > 0);
});

t.test('the others share what was for one that rests, of each kind', async (t) => {
  const counts = [0, 0, 0, 0];
  const counted = (place: number): Handler => {
    return (request, response) => {
      const slot = 2 * place + (Number(request.url?.slice(1)) % 2);
      counts[slot] = (counts[slot] ?? 0) + 1;
      echo(request, response);
    };
  };
  const [one, other] = await Promise.all([serve(t, counted(0)), serve(t, counted(1))]);
  const endpoints = [one.url, await deadUrl(t), other.url];
  const load = new OpenLoad({
    ...{ ...common, endpoints, perSecond: 1000, request: get, onAnswer: () => undefined },
  });
  await load.run(0.3);
  // Of 300 a quarter each, but for those that the dead one refused.
  t.ok(counts.every((count) => count > 60));
});

t.test('a closed loop keeps to its connections', async (t) => {
  let underway = 0;
  let most = 0;
  const { url } = await serve(t, (request, response) => {
    underway += 1;
    most = Math.max(most, underway);
    setImmediate(() => {
      underway -= 1;
      echo(request, response);
    });
  });
  let answers = 0;
  await sendOnce({
    ...{ endpoints: [url], connections: 4, count: 100, request: get },
    onAnswer: () => {
      answers += 1;
    },
  });
  t.equal(answers, 100);
  t.ok(most <= 4);
});

t.test('broken connections and refusals have their reason', async (t) => {
  const { url } = await serve(t, ({ socket }) => socket.destroy());
  const reasons: (string | undefined)[] = [];
  const load = new OpenLoad({
    ...{ ...common, endpoints: [url], perSecond: 100, count: 3, request: get },
    onAnswer: ({ status, reason }) => reasons.push(status === 0 ? reason : 'answered'),
  });
  await load.run(10);
  t.equal(reasons.length, 3);
  t.notOk(reasons.some((reason) => reason === undefined || reason === 'answered'));
  const dead = await deadUrl(t);
  const once = { endpoints: [dead], connections: 1, count: 2, request: get };
  await t.rejects(sendOnce(once), /2 of 2 refused: 0 ECONNREFUSED/);
});

t.test('no key of the mixed load is written again before all others', (t) => {
  const keys = 100;
  const written = Array.from({ length: keys }, (_, turn) => mixedRequest(2 * turn, keys).path);
  t.equal(new Set(written).size, keys);
  t.equal(mixedRequest(2 * keys, keys).path, written[0]);
  t.equal(mixedRequest(1, keys).path, written[keys / 2], 'gets are half the set away');
  t.end();
});

t.test('answers of the mixed load are told apart', (t) => {
  const tally = newTally();
  const answered = { n: 1, due: 0, milliseconds: 1, underwayMilliseconds: 1 };
  const say = (status: number, changes: Partial<Answered> = {}): void =>
    judge(tally, { ...answered, body: undefined, reason: undefined, status, ...changes }, 10);
  const key = mixedRequest(1, 10).path.split('/').at(-1);
  say(200, { body: JSON.stringify({ value: `${key}/7/...` }) });
  say(200, { body: '{"value":"mixed-of-another-key/7/..."}' });
  say(200, { milliseconds: 5001 });
  say(409);
  say(409, { n: 2 });
  say(503);
  say(0, { reason: 'ECONNRESET' });
  say(0, { reason: 'UND_ERR_HEADERS_TIMEOUT', milliseconds: 9000, underwayMilliseconds: 9000 });
  t.match(tally, { checked: 2, wrong: 1, siblings: 1, failures: 3, broken: 1 });
  t.match(tally, { late: 1, beyondDeadline: 1 });
  t.equal(tally.latencies.count, 8);
  t.equal(tally.reasons.get('ECONNRESET'), 1);
  t.end();
});
