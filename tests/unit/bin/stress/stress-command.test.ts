/** The checked load against a store that keeps its word, and against some that do not. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import t from 'tap';
import { runWords } from '../fake-terminal.js';

interface Reply {
  readonly status: number;
  readonly body: object;
}

/** A store in a few lines. `put` and `get` may break its word. */
interface Store {
  readonly put: (values: Map<string, string[]>, key: string, value: string) => Reply;
  readonly get: (values: string[]) => Reply;
  /** How old its answers can be, as it says. */
  readonly bound?: string;
}

const written: Reply = { status: 200, body: { version: 'v', context: 'c', replaced: [] } };
const refusal = (status: number, code: string, outcome: string): Reply => ({
  status,
  body: { code, outcome, detail: 'why', retryable: true },
});

const good: Store = {
  put: (values, key, value) => {
    values.set(key, [value, ...(values.get(key) ?? [])]);
    return written;
  },
  get: ([newest]) =>
    newest === undefined
      ? refusal(404, 'not_found', 'none')
      : { status: 200, body: { value: newest } },
};

const fixed: Readonly<Record<string, object>> = {
  '/api/v1/config/consistency': {
    ...{ version: '1', nodes: [] },
    settings: { default_level: 'quorum', default_write_level: 'quorum' },
  },
  '/api/v1/namespaces/shop': {
    ...{ namespace: 'shop', rules: {}, version: '1' },
    effective: { default_level: 'one', default_write_level: 'quorum' },
  },
  '/api/v1/cluster/status': { replicas_effective: 3 },
  '/api/v1/cluster/levels': {
    ...{ node: 'n1', partitions: 8 },
    levels: [
      { level: 'one', reads: 8, writes: 8 },
      { level: 'quorum', reads: 8, writes: 8 },
      { level: 'session', reads: 8, writes: 8 },
      { level: 'causal', reads: 8, writes: 8 },
      { level: 'strong', reads: 8, writes: 8 },
      { level: 'all', reads: 0, writes: 0 },
      { level: 'any', writes: 8 },
      { level: 'bounded-staleness', reads: 8, writes: 8 },
    ],
  },
};

async function loadOn(t: Test, { put, get, bound }: Store, ...more: readonly string[]) {
  const values = new Map<string, string[]>();
  const deletes: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url = '', method } = request;
      const control = fixed[url];
      const key = url.split('/').at(-1) ?? '';
      const text = Buffer.concat(chunks).toString();
      let reply: Reply;
      if (control !== undefined) reply = { status: 200, body: control };
      else if (method === 'GET') reply = get(values.get(key) ?? []);
      else if (method === 'DELETE') {
        values.delete(key);
        deletes.push(url);
        reply = written;
      } else reply = put(values, key, (JSON.parse(text) as { readonly value: string }).value);
      if (bound !== undefined) response.setHeader('x-staleness-bound', bound);
      const level = String(request.headers['x-consistency-level']);
      const isOfSession = ['session', 'causal'].includes(level);
      const token = isOfSession ? { 'x-session-token': 'seen' } : {};
      response.writeHead(reply.status, { 'content-type': 'application/json', ...token });
      response.end(JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const load = ['--get-qps', '200', '--set-qps', '200', '--duration', '400ms', '--keys', '5'];
  const words = ['stress', ...load, ...more, '--endpoint', endpoint, '-o', 'json'];
  const ran = await runWords(words);
  const report = JSON.parse(ran.out || '{}') as Record<string, unknown>;
  return { ...ran, report, keys: values.size, deletes };
}

t.test('a store that keeps its word', async (t) => {
  const { status, report } = await loadOn(t, good);
  t.equal(status, 0);
  t.match(report, { requests: 160, successes: 160, failures: 0, answers_judged: 80 });
  t.match(report, { answers_correct: 80, keys_read_back: 5, keys_lost: 0, strict: true });
});

t.test('its keys are gone at the end, or it is said where they are', async (t) => {
  const { keys, report, deletes } = await loadOn(t, good);
  t.equal(keys, 0);
  t.equal(deletes.length, 5);
  t.match(report, { keys_deleted: 5, keys_left: 0, keys: { namespace: 'default' } });
  const kept = await loadOn(t, good, '--keep-keys', '--namespace', 'shop');
  t.equal(kept.status, 0);
  t.equal(kept.keys, 5);
  t.match(kept.report, { keys: { namespace: 'shop', prefix: /^stress-[0-9a-f]{8}-$/ } });
  t.match(kept.report, { levels: { get: 'one', put: 'quorum' } }, 'of the namespace');
});

t.test('where all is refused, it is said by which code, and it ends in time', async (t) => {
  const answered = { count: 0 };
  const limited = (reply: () => Reply): Reply => {
    answered.count += 1;
    return answered.count <= 3 ? reply() : refusal(429, 'too_many_requests', 'none');
  };
  const store: Store = {
    put: (...asked) => limited(() => good.put(...asked)),
    get: (...asked) => limited(() => good.get(...asked)),
  };
  const began = performance.now();
  const { status, report } = await loadOn(t, store);
  t.ok(performance.now() - began < 5000, 'far less than the time of the last reads');
  t.equal(status, 5, 'no bug of the store');
  const codes = { '429 too_many_requests': Number(report['failures']) };
  t.match(report, { requests: 160, successes: 0, failures: 160, failures_by_code: codes });
  t.match(report, { keys_unprepared: 2, keys_unread: 3, keys_left: 0, keys_deleted: 3 });
});

t.test('a level that cannot work: nothing is sent', async (t) => {
  const { status, err, keys } = await loadOn(t, good, '--level', 'all');
  t.equal(status, 2);
  t.match(err, /no partition reaches the level all now/);
  t.equal(keys, 0);
});

t.test('stale answers', async (t) => {
  const stale: Store = { ...good, get: (values) => good.get(values.slice(1)) };
  const { status, report } = await loadOn(t, stale);
  t.equal(status, 70);
  t.not(report['answers_correct'], report['answers_judged']);
  t.equal(report['keys_lost'], 5);
});

t.test('answers older than they say', async (t) => {
  const level = ['--level', 'bounded-staleness;max=10s'];
  const honest = await loadOn(t, { ...good, bound: '0; scope=all' }, ...level);
  t.equal(honest.status, 0);
  t.match(honest.report, { strict: false, bounded_answers: 80, answers_correct: 80 });
  const stale: Store = { ...good, get: (values) => good.get(values.slice(1)) };
  const { report } = await loadOn(t, { ...stale, bound: '0; scope=quorum' }, ...level);
  t.not(report['answers_correct'], report['answers_judged']);
  const old = await loadOn(t, { ...stale, bound: '10000; scope=all' }, ...level);
  t.equal(old.report['answers_correct'], old.report['answers_judged'], 'they say so');
  const silent = await loadOn(t, good, ...level);
  t.equal(silent.report['answers_correct'], 0);
});

/** Now and then it answers what was there before. */
function unsteady(): Store {
  let count = 0;
  return {
    ...good,
    get: (values) => {
      count += 1;
      return good.get(count % 10 === 0 ? values.slice(1) : values);
    },
  };
}

t.test('at strong there is an order of all operations', async (t) => {
  const { status, report } = await loadOn(t, good, '--level', 'strong');
  t.equal(status, 0);
  t.match(report, { strict: true, without_order: 0 });
  const wrong = await loadOn(t, unsteady(), '--level', 'strong');
  t.equal(wrong.status, 70);
  t.ok(Number(wrong.report['without_order']) > 0);
});

t.test('at session a read sees what its session has written', async (t) => {
  t.equal((await loadOn(t, good, '--level', 'session')).status, 0);
  const { report, status } = await loadOn(t, unsteady(), '--level', 'session');
  t.equal(status, 70);
  t.match(report, { strict: false });
  t.not(report['answers_correct'], report['answers_judged']);
  const { report: weak } = await loadOn(t, unsteady(), '--level', 'one');
  t.equal(weak['answers_correct'], weak['answers_judged'], 'where it promises nothing');
});

t.test('at causal every session sees what is in its past', async (t) => {
  t.equal((await loadOn(t, good, '--level', 'causal')).status, 0);
  const { report: late } = await loadOn(t, unsteady(), ...['--level', 'causal', '--keys', '1']);
  t.equal(late['answers_correct'], late['answers_judged'], 'it may miss what nobody told it');
  let count = 0;
  const old: Store = {
    ...good,
    get: (values) => {
      count += 1;
      return good.get(count % 10 === 0 ? values.slice(-1) : values);
    },
  };
  const { report, status } = await loadOn(t, old, '--level', 'causal');
  t.equal(status, 70);
  t.match(Object.keys(report['reasons'] as object).join(), /in the past of its reader/);
});

t.test('a value of nobody', async (t) => {
  const torn: Store = { ...good, get: ([newest = '']) => good.get([newest.replace('x', 'y')]) };
  const { status, report } = await loadOn(t, torn);
  t.equal(status, 70);
  t.equal(report['answers_correct'], 0);
});

t.test('siblings that nobody wrote side by side', async (t) => {
  const revived: Store = {
    ...good,
    get: (values) => {
      const siblings = values.slice(0, 2).map((value) => ({ value }));
      const { status, body } = refusal(409, 'siblings', 'none');
      return { status, body: { ...body, siblings } };
    },
  };
  t.equal((await loadOn(t, revived)).status, 70);
});

t.test('refusals are failures, and what was refused must not show', async (t) => {
  let count = 0;
  const everyTenth = (kept: boolean): Store => ({
    ...good,
    put: (values, key, value) => {
      count += 1;
      if (count % 10 !== 0) return good.put(values, key, value);
      if (kept) good.put(values, key, value);
      return refusal(503, 'level_not_reached', 'none');
    },
  });
  const honest = await loadOn(t, everyTenth(false));
  t.equal(honest.status, 5);
  t.match(honest.report, { reasons: { 'put: 503 level_not_reached': Number } });
  t.equal(honest.report['answers_correct'], honest.report['answers_judged']);
  t.equal((await loadOn(t, everyTenth(true))).status, 70);
});

t.test('writes of unknown outcome may show or not', async (t) => {
  let count = 0;
  const unsure: Store = {
    ...good,
    put: (values, key, value) => {
      count += 1;
      if (count % 10 !== 0) return good.put(values, key, value);
      if (count % 20 === 0) good.put(values, key, value);
      return refusal(503, 'outcome_unknown', 'unknown');
    },
  };
  const { status, report } = await loadOn(t, unsure);
  t.equal(status, 5, 'an answered request that is unknown is no success');
  t.equal(report['answers_correct'], report['answers_judged']);
  t.equal(report['keys_lost'], 0);
  t.ok(Number(report['unknown_outcomes']) > 0);
});
