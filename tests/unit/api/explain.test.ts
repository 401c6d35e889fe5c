/** How answers came about, asked over HTTP of whole nodes: at every level, of each operation. */
import t, { type Test } from 'tap';
import { LEVEL_NAMES } from '../../../lib/coordination/request/level.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';
import { nameOf } from '../wire-names.js';
import { type Answer, type Sent, serveNode } from './served.js';

interface Step extends Readonly<Record<string, unknown>> {
  readonly did: string;
  readonly node?: string;
  readonly answer?: Readonly<Record<string, unknown>> | null;
}

interface Course extends Readonly<Record<string, unknown>> {
  readonly node: string;
  readonly course: string;
  readonly steps: readonly Step[];
}

interface Explained {
  readonly node: string;
  readonly took_ms: number;
  readonly courses: readonly Course[];
}

interface Cluster {
  readonly cluster: LocalCluster;
  send(id: string, method: string, path: string, sent?: Sent): Promise<Answer>;
}

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  const served = new Map(
    await Promise.all(
      cluster.ids.map(async (id) => [id, await serveNode(t, cluster.node(id))] as const),
    ),
  );
  return {
    cluster,
    send: (id, method, path, sent) => {
      const answer = served.get(id)?.send(method, path, sent);
      if (answer === undefined) throw new Error(`${id} is not served`);
      return cluster.wait(answer);
    },
  };
}

const explainOf = ({ json }: Answer): Explained => json?.['explain'] as Explained;
const stepsOf = (answer: Answer, course = 0): readonly Step[] =>
  explainOf(answer).courses[course]?.steps ?? [];
const putOf = (value: unknown, headers: Readonly<Record<string, string>> = {}): Sent => ({
  headers: { 'Content-Type': 'application/json', 'X-Explain': '1', ...headers },
  body: JSON.stringify({ value }),
});
const at = (level: string): Readonly<Record<string, string>> => ({ 'X-Consistency-Level': level });

/** What a read at a level is reported as first, where it is not a `read`. */
const COURSES: Readonly<Record<string, string>> = {
  strong: 'strong',
  'bounded-staleness': 'bounded read',
};

/** What is written does not get to the node, neither now nor by way of repair. */
function keepFrom(cluster: LocalCluster, node: string): void {
  const kept = /^(coordination[.]write|handoff|anti-entropy)/;
  cluster.network.gate = (from, to, message) =>
    (to !== node && from !== node) || !kept.test(nameOf(message));
}

t.test('every level explains its write and its read', async (t) => {
  const { send } = await clusterFor(t, { nodes: 4 });
  const reads = LEVEL_NAMES.filter((level) => level !== 'any');
  for (const level of LEVEL_NAMES) {
    const written = await send('n1', 'PUT', `/api/v1/kv/${level}`, putOf(1, at(level)));
    t.equal(written.status, 200, level);
    const { node, courses } = explainOf(written);
    t.equal(node, 'n1');
    const kinds = courses.map(({ course }) => course);
    t.ok(kinds.includes(level === 'strong' ? 'strong' : 'write'), `${level}: ${kinds}`);
    const last = courses[0]?.steps.at(-1);
    t.ok(last?.did === 'answer' || courses.length > 1, `${level}: ${JSON.stringify(last)}`);
  }
  for (const level of reads) {
    const path = `/api/v1/kv/${level}?explain=1`;
    const read = await send('n1', 'GET', path, { headers: at(level) });
    t.equal(read.status, 200, level);
    const [course] = explainOf(read).courses;
    t.equal(course?.course, COURSES[level] ?? 'read', level);
    t.match(course?.['plan'], { owners: [{ zone: 'z', up: true }, {}, {}], epoch: Number });
  }
});

t.test('a write shows the plan, who was asked, and what each said', async (t) => {
  const { cluster, send } = await clusterFor(t);
  const written = await send('n1', 'PUT', '/api/v1/kv/k', putOf('a'));
  const [course] = explainOf(written).courses;
  t.match(course, {
    node: 'n1',
    course: 'write',
    plan: { partition: Number, epoch: 1, owners: [{ up: true }, { up: true }, { up: true }] },
    levels: [{ level: 'quorum', needs: [{ required: 2 }], possible: true }],
    without_context: true,
  });
  const steps = course?.steps ?? [];
  t.match(
    steps.filter(({ did }) => did === 'store'),
    [{ node: 'n1', took_ms: Number, answer: { stored: true } }],
  );
  t.match(
    steps.filter(({ did }) => did === 'minted'),
    [{ version: written.json?.['version'] }],
  );
  const copies = steps.filter(({ did }) => did === 'copy');
  t.strictSame(copies.map(({ node }) => node).sort(), ['n2', 'n3']);
  t.ok(copies.some(({ answer }) => answer?.['stored'] === true));
  t.match(steps.at(-1), { did: 'answer', level: 'quorum', answered: Number, asked: 3 });
  await cluster.crash('n3');
  const refused = await send('n1', 'PUT', '/api/v1/kv/k', putOf('b', at('all')));
  t.match(refused, { status: 503, json: { code: 'level_not_reached' } });
  t.match(explainOf(refused).courses, [
    {
      levels: [{ level: 'all', possible: false }],
      steps: [{ did: 'refuse', refused: 'level_not_reached' }],
    },
  ]);
});

t.test('a read at a bound shows what was proven, and why more were asked', async (t) => {
  const { cluster, send } = await clusterFor(t, { nodes: 4 });
  await cluster.clock.advance(1000);
  const key = cluster.keyOwnedBy(['n4'], false);
  const get = async (id: string, level: string) =>
    send(id, 'GET', `/api/v1/kv/${key}?explain=1`, { headers: at(level) });
  const written = await send('n4', 'PUT', `/api/v1/kv/${key}`, putOf('a', at('all')));
  const version = written.json?.['version'];
  const head = { course: 'bounded read', max_ms: 1000, scope: 'any' };
  const wide = explainOf(await get('n1', 'bounded-staleness')).courses;
  t.match(wide, [
    {
      ...{ ...head, node: 'n1', proven: {} },
      steps: [
        { did: 'widen', because: 'too old', to: ['all'] },
        { did: 'answer', age_ms: 0, scope: 'all' },
      ],
    },
    { course: 'read', levels: [{ level: 'bounded-staleness of all', needs: [{ required: 3 }] }] },
  ]);
  t.strictSame(wide[0]?.['proven'], {}, 'nobody had asked before');
  await cluster.clock.advance(400);
  const [alone, ...others] = explainOf(await get('n1', 'bounded-staleness')).courses;
  t.strictSame(others, [], 'no other course');
  t.match(alone, {
    ...{ ...head, proven: { all: Number, quorum: Number } },
    steps: [
      { did: 'ask', node: 'n1', want: 'full', answer: { versions: [version] } },
      { did: 'answer', age_ms: Number, scope: 'all', versions: [version] },
    ],
  });
  await get('n4', 'bounded-staleness');
  await cluster.clock.advance(400);
  const [near] = explainOf(await get('n4', 'bounded-staleness;scope=all')).courses;
  t.match(near, {
    ...{ course: 'bounded read', scope: 'all', proven: undefined },
    steps: [
      { did: 'ask', answer: { age_ms: Number, scope: 'all', versions: [version] } },
      { did: 'answer', scope: 'all' },
    ],
  });
  await cluster.crash('n3');
  await cluster.clock.advance(5000);
  t.match(explainOf(await get('n1', 'bounded-staleness;max=0;scope=all')).courses[0]?.steps, [
    { did: 'widen', because: 'too old', to: ['all'] },
    { did: 'refuse', refused: 'level_not_reached' },
  ]);
});

t.test('a read shows what each replica held, what is repaired, and by how much', async (t) => {
  const { cluster, send } = await clusterFor(t);
  keepFrom(cluster, 'n3');
  await send('n1', 'PUT', '/api/v1/kv/k', putOf('a'));
  const read = await send('n1', 'GET', '/api/v1/kv/k', {
    headers: { 'X-Explain': '1', ...at('all') },
  });
  const version = read.json?.['version'];
  const steps = stepsOf(read);
  const asked = steps.filter(({ did }) => did === 'ask');
  t.match(
    asked.find(({ node }) => node === 'n1'),
    {
      want: 'full',
      for: 'level',
      answer: { versions: [version], context: { vector: {} } },
    },
  );
  t.match(
    asked.find(({ node }) => node === 'n3'),
    { answer: { versions: [] } },
  );
  t.match(
    steps.filter(({ did }) => did === 'repair'),
    [{ node: 'n3', versions_behind: 1 }],
  );
  t.match(steps.at(-1), { did: 'answer', level: 'all', answered: 3, versions: [version] });
});

t.test('who refuses, who is silent, who is asked in their place, and a fallback', async (t) => {
  const { cluster, send } = await clusterFor(t);
  await send('n1', 'PUT', '/api/v1/kv/k', putOf('a'));
  cluster.network.gate = (from, to, message) =>
    from !== 'n1' || to === 'n1' || nameOf(message) !== 'coordination.read';
  const headers = {
    ...{ 'X-Explain': '1', 'X-Consistency-Fallback': 'one', 'X-Timeout': '800ms' },
    ...at('quorum'),
  };
  const read = await send('n1', 'GET', '/api/v1/kv/k', { headers });
  t.equal(read.headers['x-consistency-achieved'], 'one');
  const steps = stepsOf(read);
  const silent = steps.filter(({ did, answer }) => did === 'ask' && answer === null);
  t.equal(silent.length, 2);
  t.ok(steps.some((step) => step['for'] === 'slow answers'));
  t.match(
    steps.filter(({ did }) => did === 'descend'),
    [{ level: 'one', because: 'time passed' }],
  );
  const refused = await send('n1', 'GET', '/api/v1/kv/k', {
    headers: { 'X-Explain': '1', 'X-Timeout': '300ms', ...at('all') },
  });
  t.match(refused, { status: 504, json: { code: 'deadline_passed' } });
  t.match(stepsOf(refused).at(-1), { did: 'refuse', refused: 'deadline_passed' });
});

t.test('what was passed on is reported by the node that did it', async (t) => {
  const { cluster, send } = await clusterFor(t, { nodes: 5 });
  const key = cluster.keyOwnedBy(['n1'], false);
  const written = await send('n1', 'PUT', `/api/v1/kv/${key}`, putOf('a'));
  const [own, other] = explainOf(written).courses;
  t.match(own?.steps, [
    { did: 'forward', node: other?.node, answer: { version: written.json?.['version'] } },
  ]);
  t.match(other, { course: 'write', passed_on: true });
  t.ok(other?.steps.some(({ did }) => did === 'minted'));
  const strong = await send('n1', 'PUT', `/api/v1/kv/${key}`, putOf('b', at('strong')));
  const kinds = explainOf(strong).courses.map(({ node, course }) => `${node} ${course}`);
  t.match(kinds, ['n1 strong', /^n[2-5] strong$/, /^n[2-5] decision$/]);
});

t.test('a strong write shows ballots, rounds, and who accepted', async (t) => {
  const { cluster, send } = await clusterFor(t);
  const first = await send('n1', 'PUT', '/api/v1/kv/k', putOf('a', at('strong')));
  const course = explainOf(first).courses.find(({ course }) => course === 'decision');
  const took = course?.steps ?? [];
  t.match(course, { phase: 'off', ballot: 'none' });
  t.ok(took.some(({ did }) => did === 'take over'));
  t.match(
    took.find(({ did }) => did === 'prepare'),
    { ballot: /^1\.n[123]$/, answer: { promised: true, acceptances: 0 } },
  );
  t.match(
    took.find(({ did }) => did === 'activate'),
    { answer: { activated: true } },
  );
  t.match(
    took.filter(({ did }) => did === 'decide'),
    [{ round: 1 }],
  );
  const version = first.json?.['version'];
  t.match(
    took.find(({ did, answer }) => did === 'accept' && answer !== null),
    { proposal: /^1\.n[123]#1$/, version, answer: { accepted: true } },
  );
  t.match(took.at(-1), { did: 'decided', result: 'applied', rounds: 1 });
  // A plain write that the proposer has not met: refused once, and decided again.
  const proposer = course?.node ?? '';
  keepFrom(cluster, proposer);
  const [other = ''] = cluster.ids.filter((id) => id !== proposer);
  await send(other, 'PUT', '/api/v1/kv/k', putOf('plain', at('two')));
  const again = await send(proposer, 'PUT', '/api/v1/kv/k', putOf('b', at('strong')));
  const decision = explainOf(again).courses.find(({ course }) => course === 'decision');
  t.match(decision, { phase: 'active', ballot: /^1\./ });
  t.ok(decision?.steps.some(({ answer }) => answer?.['not_met'] === true));
  t.match(decision?.steps.at(-1), { did: 'decided', result: 'applied', rounds: 2 });
  // A read that is settled, in one round trip.
  const read = await send('n2', 'GET', '/api/v1/kv/k', {
    headers: { 'X-Explain': '1', ...at('strong') },
  });
  t.match(
    stepsOf(read).find(({ did, answer }) => did === 'ask' && answer?.['proposer'] === true),
    { node: proposer, answer: { promised: /^1\./, versions: [again.json?.['version']] } },
  );
  t.ok(stepsOf(read).some(({ did, ...step }) => did === 'judge' && step['result'] === 'settled'));
});

t.test('a session shows its floor, and whom it asked besides', async (t) => {
  const { cluster, send } = await clusterFor(t);
  keepFrom(cluster, 'n3');
  const written = await send('n1', 'PUT', '/api/v1/kv/k', putOf('a', at('session')));
  const token = written.headers['x-session-token'] as string;
  const headers = { 'X-Explain': '1', 'X-Session-Token': token, ...at('session') };
  const read = await send('n3', 'GET', '/api/v1/kv/k', { headers });
  const [course] = explainOf(read).courses;
  t.match(course, { session: { dots: [written.json?.['version']], count: 1 } });
  t.match(
    course?.steps.find(({ node }) => node === 'n3'),
    { for: 'level', answer: { missing: { count: 1 } } },
  );
  t.ok(course?.steps.some(({ did, ...step }) => did === 'ask' && step['for'] === 'session'));
  t.match(
    course?.steps.find(({ did }) => did === 'answer'),
    { widened: true },
  );
  t.ok(course?.steps.some(({ did }) => did === 'compare all afterwards'));
});

t.test('an absent primary: its hint, and who holds it', async (t) => {
  const { cluster, send } = await clusterFor(t, { nodes: 4 });
  const key = cluster.keyOwnedBy(['n4'], false);
  await cluster.crash('n3');
  const written = await send('n1', 'PUT', `/api/v1/kv/${key}`, putOf('a'));
  const [course] = explainOf(written).courses;
  t.match(
    course?.steps.find(({ did }) => did === 'hold'),
    { node: 'n4', hint_for: 'n3' },
  );
  t.match(course, { plan: { owners: [{}, {}, {}] } });
});

t.test('batches, lists, conflicts, versions, deletes and resolutions explain, too', async (t) => {
  const { send } = await clusterFor(t);
  const headers = { 'Content-Type': 'application/json' };
  const operations = [
    { op: 'put', key: 'a', value: 1 },
    { op: 'get', key: 'b' },
  ];
  const body = JSON.stringify({ operations });
  const batch = await send('n1', 'POST', '/api/v1/batch?explain=1', { headers, body });
  const results = batch.json?.['results'] as { explain: Explained }[];
  t.match(results, [
    { explain: { courses: [{ course: 'write' }] } },
    { status: 404, explain: { courses: [{ course: 'read' }] } },
  ]);
  const plain = await send('n1', 'POST', '/api/v1/batch', { headers, body });
  t.notMatch(plain.text, 'explain');
  const list = await send('n1', 'GET', '/api/v1/kv?prefix=a&explain=1&limit=5');
  t.match(list.json, {
    keys: ['a'],
    explain: { courses: [{ course: 'list', level: 'quorum', partitions: 16 }] },
  });
  t.ok(stepsOf(list).some(({ did, answer }) => did === 'ask' && answer?.['keys'] === 1));
  for (const path of ['/api/v1/kv/a/conflicts?explain=1', '/api/v1/kv/a/versions?explain=1']) {
    t.match(explainOf(await send('n1', 'GET', path)), { courses: [{ course: 'read' }] }, path);
  }
  const deleted = await send('n1', 'DELETE', '/api/v1/kv/a?explain=1');
  t.match(explainOf(deleted), { courses: [{ course: 'write' }] });
  const left = { 'X-Causal-Context': (deleted.json?.['context'] as string) ?? '', ...headers };
  for (const value of [1, 2]) {
    await send('n1', 'PUT', '/api/v1/kv/a', { headers: left, body: JSON.stringify({ value }) });
  }
  const siblings = await send('n2', 'GET', '/api/v1/kv/a?explain=1');
  t.match(siblings, { status: 409, json: { explain: { courses: [{ course: 'read' }] } } });
  const resolved = await send('n1', 'POST', '/api/v1/kv/a/conflicts/resolve?explain=1', {
    headers,
    body: JSON.stringify({ context: siblings.json?.['context'], strategy: 'last-writer' }),
  });
  t.match(explainOf(resolved), { courses: [{ course: 'read' }, { course: 'write' }] });
});

t.test('bytes come within JSON; what has no body cannot be explained', async (t) => {
  const { send } = await clusterFor(t);
  const raw = { headers: { 'Content-Type': 'text/plain' }, body: 'text' };
  await send('n1', 'PUT', '/api/v1/kv?key=k&explain=1', raw);
  const read = await send('n1', 'GET', '/api/v1/kv?explain=1&key=k');
  t.match(read.json, { value_base64: 'dGV4dA==', explain: { node: 'n1' } });
  t.match(explainOf(await send('n1', 'GET', '/api/v1/kv?key=none&explain=1')), { node: 'n1' });
  const invalid: readonly (readonly [string, string, Record<string, string>])[] = [
    ['HEAD', '/api/v1/kv/k?explain=1', {}],
    ['GET', '/api/v1/kv/k?explain=1', { 'If-None-Match': '"x"' }],
    ['GET', '/api/v1/kv/k?explain=2', {}],
    ['GET', '/api/v1/kv/k?explain=1&explain=1', {}],
    ['GET', '/api/v1/kv/k', { 'X-Explain': 'yes' }],
    ['GET', '/api/v1/cluster/status?explain=1', {}],
  ];
  for (const [method, path, headers] of invalid) {
    const { status, json } = await send('n1', method, path, { headers });
    t.equal(status, 400, `${method} ${path}`);
    if (method !== 'HEAD') t.equal(json?.['code'], 'invalid_request');
  }
  t.notMatch((await send('n1', 'GET', '/api/v1/kv/k?siblings=list')).text, 'explain');
  const large = 'x'.repeat(90_000);
  await send('n1', 'PUT', '/api/v1/kv/large', putOf(large));
  const answer = await send('n1', 'GET', '/api/v1/kv/large?explain=1');
  t.equal(answer.json?.['value'], large);
  t.match(explainOf(answer), { courses: [{ course: 'read' }] });
});
