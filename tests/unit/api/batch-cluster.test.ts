/** Batches on three whole nodes: each operation stands for itself, and commits are shared. */
import t, { type Test } from 'tap';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';
import { nameOf } from '../wire-names.js';
import { type Answer, serveNode } from './served.js';

type Operation = Readonly<Record<string, unknown>>;
type Result = Readonly<Record<string, unknown>>;

interface Batches {
  readonly cluster: LocalCluster;
  send(
    id: string,
    operations: readonly Operation[],
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
}

async function batchesFor(t: Test, options: ClusterOptions = {}): Promise<Batches> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  const limits = { requestsInFlightMax: 4096 };
  const served = new Map(
    await Promise.all(
      cluster.ids.map(async (id) => [id, await serveNode(t, cluster.node(id), limits)] as const),
    ),
  );
  return {
    cluster,
    send: (id, operations, more = {}) => {
      const headers = { 'Content-Type': 'application/json', ...more };
      const sent = { headers, body: JSON.stringify({ operations }) };
      const answer = served.get(id)?.send('POST', '/api/v1/batch', sent);
      if (answer === undefined) throw new Error(`${id} is not served`);
      return cluster.wait(answer);
    },
  };
}

const resultsOf = ({ json }: Answer): readonly Result[] => json?.['results'] as Result[];
const put = (key: string, value: unknown, more: Operation = {}): Operation => ({
  ...{ op: 'put', key, value },
  ...more,
});
const get = (key: string, more: Operation = {}): Operation => ({ op: 'get', key, ...more });

t.test('what one node is given in a batch, another gives back in one', async (t) => {
  const { send } = await batchesFor(t);
  const keys = Array.from({ length: 300 }, (_, i) => `k${i}`);
  const written = await send(
    'n1',
    keys.map((key, i) => put(key, i)),
  );
  t.equal(written.status, 200);
  t.match(resultsOf(written)[0], {
    ...{ status: 200, key: 'k0', replaced: [] },
    receipt: { level: 'quorum', replicas: /^[23]\/3$/, durability: 'sync' },
  });
  const read = await send(
    'n2',
    keys.map((key) => get(key)),
  );
  t.equal(read.status, 200);
  t.same(
    resultsOf(read).map(({ key, value }) => [key, value]),
    keys.map((key, i) => [key, i]),
  );
  const versions = resultsOf(read).map(({ version }) => version);
  t.same(
    resultsOf(written).map(({ version }) => version),
    versions,
  );
  const contexts = resultsOf(read).map(({ context }) => context);
  const deleted = await send(
    'n3',
    keys.map((key, i) => ({ op: 'delete', key, context: contexts[i] })),
  );
  t.equal(deleted.status, 200);
  t.same(
    resultsOf(deleted).map(({ replaced }) => replaced),
    versions.map((version) => [version]),
  );
  const gone = await send(
    'n1',
    keys.map((key) => get(key)),
  );
  t.match(gone.json, { failed: keys.length });
  for (const result of resultsOf(gone)) {
    t.match(result, { status: 404, code: 'not_found', context: String });
  }
});

t.test('the writes of a batch share commits', async (t) => {
  const { cluster, send } = await batchesFor(t);
  const commits = (id: string): number =>
    cluster.observers.get(id)?.counts.get('quorate_commits_total true') ?? 0;
  const before = cluster.ids.map(commits);
  const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
  const answer = await send(
    'n1',
    keys.map((key) => put(key, 1, { level: 'all' })),
  );
  t.equal(answer.status, 200);
  const made = cluster.ids.map((id, i) => commits(id) - (before[i] ?? 0));
  for (const count of made) t.ok(count >= 1 && count <= 20, `${count} commits for 100 writes`);
});

t.test(
  'the copies of a batch are one message a peer, one commit there and one answer',
  async (t) => {
    const { cluster, send } = await batchesFor(t);
    const sent = new Map<string, number>();
    cluster.network.gate = (from, to, message) => {
      const name = `${nameOf(message)} ${from} ${to}`;
      sent.set(name, (sent.get(name) ?? 0) + 1);
      return true;
    };
    const commits = (): number =>
      cluster.observers.get('n2')?.counts.get('quorate_commits_total true') ?? 0;
    const countOf = async (keys: readonly string[]): Promise<(number | undefined)[]> => {
      sent.clear();
      const before = commits();
      const operations = keys.map((key) => put(key, 1, { level: 'all' }));
      t.equal((await send('n1', operations)).status, 200);
      const names = ['coordination.write n1 n2', 'stored n2 n1'];
      return [...names.map((name) => sent.get(name)), commits() - before];
    };
    t.strictSame(await countOf(['alone']), [1, 1, 1]);
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
    t.strictSame(await countOf(keys), [1, 1, 1], 'as for a batch of one');
  },
);

t.test('each operation meets what it would have met alone', async (t) => {
  const { cluster, send } = await batchesFor(t);
  const { context } = await cluster.put('n1', 'other', '1');
  const answer = await send('n1', [
    put('a', { n: 1 }),
    put('b', 1, { context }),
    put('c', 1, { level: 'nonsense' }),
    get('d', { level: 'any' }),
    put('e', 'x'.repeat(100_000)),
    { op: 'put', key: 'f', value_base64: 'AAEC', content_type: 'a/b' },
    put('g', 1, { if_match: '"x"' }),
    get('h'),
  ]);
  t.equal(answer.status, 207);
  t.match(answer.json, {
    failed: 6,
    results: [
      { status: 200, key: 'a' },
      { status: 400, code: 'invalid_context' },
      { status: 400, code: 'invalid_level' },
      { status: 400, code: 'invalid_level' },
      { status: 413, code: 'value_too_large' },
      { status: 200, key: 'f' },
      { status: 412, code: 'precondition_failed' },
      { status: 404, code: 'not_found' },
    ],
  });
  const bytes = await send('n3', [get('f')]);
  t.match(resultsOf(bytes)[0], { value_base64: 'AAEC', content_type: 'a/b' });
});

t.test('siblings are a conflict of their key alone', async (t) => {
  const { cluster, send } = await batchesFor(t);
  const { context } = await cluster.put('n1', 'k', '0');
  await cluster.put('n1', 'k', '1', { context });
  await cluster.put('n2', 'k', '2', { context });
  const answer = await send('n3', [get('k'), put('k2', 1)]);
  t.match(answer.json, {
    failed: 1,
    results: [{ status: 409, code: 'siblings', context: String }, { status: 200 }],
  });
  const [conflict] = resultsOf(answer);
  t.match(conflict, { siblings: { length: 2 } });
  const resolved = await send('n3', [put('k', 3, { context: conflict?.['context'] })]);
  t.match(resultsOf(resolved)[0], { replaced: { length: 2 } });
  for (const node of ['n1', 'n2']) await cluster.put(node, 'k', node, { context });
  const blind = await send('n3', [put('k', 4)]);
  t.match(resultsOf(blind)[0], { status: 200, replaced: { length: 3 } });
});

t.test('with a node down, levels that need it fail, and only they', async (t) => {
  const { cluster, send } = await batchesFor(t);
  await cluster.crash('n3');
  const levels = ['all', 'quorum', 'one', 'three', 'two'];
  const answer = await send(
    'n1',
    levels.map((level) => put(level, 1, { level })),
    { 'X-Consistency-Level': 'all' },
  );
  t.equal(answer.status, 207);
  t.same(
    resultsOf(answer).map(({ status }) => status),
    [503, 200, 200, 503, 200],
  );
  t.match(resultsOf(answer)[0], { code: 'level_not_reached', outcome: 'none' });
  const byHeader = await send('n1', [put('a', 1), put('b', 1, { level: 'one' })], {
    'X-Consistency-Level': 'all',
    'X-Consistency-Fallback': 'quorum',
  });
  t.match(byHeader.json, {
    failed: 0,
    results: [{ receipt: { level: 'quorum' } }, { receipt: { level: 'one' } }],
  });
});

t.test('what cannot be answered in time ends with the batch', async (t) => {
  const { cluster, send } = await batchesFor(t);
  await cluster.put('n1', 'near', '1');
  cluster.network.gate = (from, _, message) => from === 'n1' || message[0] === 'greeting';
  const answer = await send('n1', [get('near', { level: 'one' }), get('far'), put('far2', 1)], {
    'X-Timeout': '300ms',
  });
  t.match(answer.json, {
    failed: 2,
    results: [
      { status: 200 },
      { status: 504, code: 'deadline_passed', outcome: 'none' },
      // It was minted here, and its copies are on their way.
      { code: 'deadline_passed', outcome: 'unknown' },
    ],
  });
});
