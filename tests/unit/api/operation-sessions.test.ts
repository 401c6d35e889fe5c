/** Session tokens of writes under an Idempotency-Key: each attempt gets one of its own. */
import t, { type Test } from 'tap';
import { dotText } from '../../../lib/versioning/dot.js';
import { dotsIn } from '../../../lib/versioning/dot-set.js';
import { LocalCluster } from '../local-cluster.js';
import { type Answer, serveNode } from './served.js';

type Headers = Readonly<Record<string, string>>;

const NEW = { 'X-Session-Token': 'new' };
const KEYED = { 'Idempotency-Key': 'op' };

/** With a node down no version is stable: each stays in the tokens that have seen it. */
async function sessionsFor(t: Test) {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const served = new Map(
    await Promise.all(
      ['n1', 'n2'].map(async (id) => [id, await serveNode(t, cluster.node(id))] as const),
    ),
  );
  await cluster.crash('n3');
  const send = (id: string, method: string, path: string, headers: Headers, sent: unknown) => {
    const typed = { 'Content-Type': 'application/json', ...headers };
    const body = JSON.stringify(sent);
    const answer = served.get(id)?.send(method, path, { headers: typed, body });
    if (answer === undefined) throw new Error(`${id} is not served`);
    return cluster.wait(answer);
  };
  return {
    cluster,
    put: (id: string, key: string, headers: Headers) =>
      send(id, 'PUT', `/api/v1/kv/${key}`, headers, { value: key }),
    batch: (id: string, headers: Headers) => {
      const operations = ['a', 'b'].map((key) => ({ op: 'put', key, value: 1 }));
      return send(id, 'POST', '/api/v1/batch', headers, { operations });
    },
    resolve: (id: string, key: string, headers: Headers, sent: unknown) =>
      send(id, 'POST', `/api/v1/kv/${key}/conflicts/resolve`, headers, sent),
    /** What whoever holds the token of this answer has seen. */
    seenBy: (answer: Answer): string[] => {
      const token = cluster.node('n1').coordination.openSession(tokenOf(answer));
      return [...token.floors.values()].flatMap(({ dots }) => dotsIn(dots).map(dotText));
    },
  };
}

const tokenOf = ({ headers }: Answer): string => String(headers['x-session-token']);
const within = (answer: Answer): Headers => ({ 'X-Session-Token': tokenOf(answer) });
const versionOf = ({ json }: Answer): string => String(json?.['version']);

t.test('a retry keeps what the session has seen since the first attempt', async (t) => {
  const { put, seenBy } = await sessionsFor(t);
  const before = await put('n1', 'before', NEW);
  // Its answer gets lost, and the session goes on with the token that it had.
  const first = await put('n1', 'k', { ...within(before), ...KEYED });
  const later = await put('n1', 'later', within(before));
  const again = await put('n2', 'k', { ...within(later), ...KEYED });
  t.equal(again.headers['idempotent-replayed'], 'true');
  t.equal(again.text, first.text);
  t.same(seenBy(first).sort(), [before, first].map(versionOf).sort());
  t.same(seenBy(again).sort(), [before, first, later].map(versionOf).sort());
});

t.test('a retry within a session has the write in its token, whoever was first', async (t) => {
  const { put, seenBy } = await sessionsFor(t);
  const first = await put('n1', 'k', KEYED);
  t.equal(first.headers['x-session-token'], undefined, 'it was of no session');
  const again = await put('n2', 'k', { ...NEW, ...KEYED });
  t.match(again, { status: 200, headers: { 'idempotent-replayed': 'true' } });
  t.same(seenBy(again), [versionOf(first)]);
  const without = await put('n2', 'k', KEYED);
  t.equal(without.headers['x-session-token'], undefined, 'nor is this one');
  const causal = { 'Idempotency-Key': 'causal', 'X-Consistency-Level': 'causal' };
  const begun = await put('n1', 'l', causal);
  const begunAgain = await put('n2', 'l', causal);
  for (const answer of [begun, begunAgain]) t.same(seenBy(answer), [versionOf(begun)]);
});

t.test('a resolution that is sent again has its own token as well', async (t) => {
  const { cluster, put, resolve, seenBy } = await sessionsFor(t);
  const { context } = await cluster.put('n1', 'k', '0');
  for (const id of ['n1', 'n2']) await cluster.put(id, 'k', id, { context });
  const { context: shown } = await cluster.get('n1', 'k');
  const sent = { context: shown, value: 1 };
  const first = await resolve('n1', 'k', KEYED, sent);
  t.equal(first.status, 200, first.text);
  const later = await put('n1', 'later', NEW);
  const again = await resolve('n2', 'k', { ...within(later), ...KEYED }, sent);
  t.same(seenBy(again).sort(), [first, later].map(versionOf).sort());
});

t.test('the token of a batch that is sent again has its writes', async (t) => {
  const { batch, put, seenBy } = await sessionsFor(t);
  const first = await batch('n1', KEYED);
  const results = (first.json?.['results'] ?? []) as readonly { readonly version: string }[];
  const written = results.map(({ version }) => version);
  t.equal(written.length, 2);
  const later = await put('n1', 'later', NEW);
  const again = await batch('n2', { ...within(later), ...KEYED });
  t.same(again.json, first.json);
  t.same(seenBy(again).sort(), [...written, versionOf(later)].sort());
});

t.test('a refusal that is answered again has no token, as the first one', async (t) => {
  const { put } = await sessionsFor(t);
  const asked = { ...NEW, ...KEYED, 'If-Match': '"x"' };
  for (const id of ['n1', 'n2']) {
    const answer = await put(id, 'k', asked);
    t.equal(answer.status, 412);
    t.equal(answer.headers['x-session-token'], undefined);
  }
});
