/**
 * The client on a real cluster: it asks owners first, and a write whose answer was lost, by a node
 * that was killed, is applied once under its idempotency key.
 */
import { join } from 'node:path';
import t from 'tap';
import {
  FetchTransport,
  type HttpAnswer,
  type HttpRequest,
  type HttpTransport,
  QuorateClient,
  QuorateError,
  type Unanswered,
} from '../../lib/client/client.js';
import { freeBasePort, RealCluster, until } from './real-cluster.js';

const base = await freeBasePort();
const words = ['--base-port', String(base), '--nodes', '5'];
const cluster = await RealCluster.start(t, join(t.testdir(), 'data'), words);
const urlOf = new Map(cluster.announced.nodes.map(({ id, url }) => [id, url]));
const LEARN_MILLISECONDS = 10_000;
const WRITES = 120;

interface Sent {
  readonly endpoint: string;
  readonly request: HttpRequest;
  readonly answer: HttpAnswer | Unanswered;
}

/** By `fetch`; what was sent is kept, and an answer may be lost on its way. */
class Watching implements HttpTransport {
  readonly sent: Sent[] = [];
  /** Undefined: none is lost. */
  loses: ((sent: Sent) => Promise<boolean>) | undefined;
  readonly #inner = new FetchTransport();

  async send(
    endpoint: string,
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpAnswer | Unanswered> {
    const answer = await this.#inner.send(endpoint, request, signal);
    const sent = { endpoint, request, answer };
    this.sent.push(sent);
    if ((await this.loses?.(sent)) !== true) return answer;
    return { kind: 'unanswered', nothingSent: false, reason: 'ECONNRESET' };
  }
}

function clientOf(transport: HttpTransport): QuorateClient {
  const client = new QuorateClient({ endpoints: [cluster.url('n1')], transport });
  t.teardown(() => client.close());
  return client;
}

/** By a read the client learns of the other nodes, and the ring. */
async function learn(client: QuorateClient, transport: Watching): Promise<void> {
  await client.get('first');
  await until('the client to have learnt', LEARN_MILLISECONDS, () =>
    transport.sent.some(({ request }) => request.path === '/api/v1/cluster/ring'),
  );
}

/** From whichever node is alive. */
async function jsonOf(path: string): Promise<Record<string, unknown>> {
  const answer = await Promise.any([...urlOf.values()].map((url) => fetch(`${url}${path}`)));
  return (await answer.json()) as Record<string, unknown>;
}

async function ownersOf(key: string, namespace: string): Promise<string[]> {
  const where = await jsonOf(`/api/v1/cluster/locate?key=${key}&namespace=${namespace}`);
  const { primaries } = where as { readonly primaries: readonly { readonly node: string }[] };
  return primaries.map(({ node }) => node);
}

/** Versions of a key, current and kept. */
async function versionsOf(key: string): Promise<string[]> {
  const { versions } = (await jsonOf(`/api/v1/kv/${key}/versions`)) as {
    readonly versions: readonly { readonly version: string }[];
  };
  return versions.map(({ version }) => version);
}

t.test('owners are asked first, in any namespace, once the ring is learnt', async (t) => {
  t.equal((await cluster.ask('namespace', 'create', 'shop')).status, 0);
  const transport = new Watching();
  const client = clientOf(transport);
  const shop = client.namespace('shop');
  await shop.get('first');
  await until('the client to have learnt', LEARN_MILLISECONDS, () =>
    transport.sent.some(({ request }) => request.path.startsWith('/api/v1/cluster/locate')),
  );
  for (const [namespace, requests] of [
    ['default', client],
    ['shop', shop],
  ] as const) {
    for (let i = 0; i < 20; i += 1) {
      const key = `order-${i}`;
      const [first = ''] = await ownersOf(key, namespace);
      transport.sent.length = 0;
      await requests.get(key);
      const asked = transport.sent.find(({ request }) => request.place !== undefined);
      t.equal(asked?.endpoint, urlOf.get(first), `${key} of ${namespace} at ${first}`);
    }
  }
});

t.test('an answer that is lost with its node: under a key the write is applied once', async (t) => {
  const transport = new Watching();
  const client = clientOf(transport);
  await learn(client, transport);
  const key = 'paid';
  const written: string[] = [];
  transport.loses = async ({ endpoint, request, answer }) => {
    if (request.method !== 'PUT' || answer.kind !== 'http' || answer.status !== 200) return false;
    if (written.length > 0) return false;
    const { version } = JSON.parse(new TextDecoder().decode(answer.body)) as { version: string };
    written.push(version);
    // Applied, and whoever knows it best is gone.
    const [id = ''] = [...urlOf].find(([, url]) => url === endpoint) ?? [];
    process.kill(cluster.pidOf(id), 'SIGKILL');
    return true;
  };
  const result = await client.put(key, { by: 'card' }, { idempotencyKey: 'pay-7' });
  t.equal(written.length, 1, 'the first answer was lost');
  t.equal(result.version, written[0], 'the second one is of the same write');
  const puts = transport.sent.filter(({ request }) => request.method === 'PUT');
  t.ok(puts.length >= 2 && puts[0]?.endpoint !== puts.at(-1)?.endpoint, 'sent to another node');
  t.equal(puts.at(-1)?.answer.kind === 'http', true);
  t.same(await versionsOf(key), written, 'and there was no other');
  t.match(await client.get(key), { kind: 'value', value: { by: 'card' } });
  const dead = [...urlOf].find(([, url]) => url === puts[0]?.endpoint)?.[0] ?? '';
  t.equal((await cluster.bringBack(dead)).status, 0);
});

t.test('a node is killed among many writes: each is applied once, none is unknown', async (t) => {
  const transport = new Watching();
  const client = clientOf(transport);
  await learn(client, transport);
  const keys = Array.from({ length: WRITES }, (_, i) => `load-${i}`);
  let answered = 0;
  const put = async (key: string): Promise<void> => {
    const options = { idempotencyKey: `of-${key}`, timeoutMilliseconds: 30_000 };
    t.match(await client.put(key, key, options), { kind: 'written' }, key);
    answered += 1;
    if (answered === WRITES / 4) process.kill(cluster.pidOf('n2'), 'SIGKILL');
  };
  // A few at a time: some are under way when the node dies.
  const waiting = [...keys];
  const worker = async (): Promise<void> => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) await put(key);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  const unanswered = transport.sent.filter(({ answer }) => answer.kind === 'unanswered');
  t.ok(unanswered.length > 0, `${unanswered.length} questions without an answer`);
  for (const key of keys) t.equal((await versionsOf(key)).length, 1, key);
  t.equal((await cluster.bringBack('n2')).status, 0);
});

t.test('without a key the same is unknown, and is not sent again', async (t) => {
  const transport = new Watching();
  const client = clientOf(transport);
  transport.loses = async ({ request }) => request.method === 'PUT';
  const error = await client.put('unpaid', 1).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  t.ok(error instanceof QuorateError);
  t.match(error, { outcome: 'unknown' });
  t.equal(transport.sent.filter(({ request }) => request.method === 'PUT').length, 1);
});
