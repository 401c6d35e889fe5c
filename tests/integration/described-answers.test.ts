/** Real nodes answer what the OpenAPI document says, and no more: also members that may lack. */
import { join } from 'node:path';
import t from 'tap';
import type { OpenApiDocument } from '../../lib/api/admin/openapi.js';
import { fault } from '../unit/api/admin/schema-fault.js';
import { freeBasePort, RealCluster, until } from './real-cluster.js';

const SECONDS = 20;
const PLACES = { namespace: 'default', id: 'order-1', peer: 'n2' };
/** One with siblings, and one with a value: some reads answer 200 of one of them alone. */
const KEYS = ['cart', 'note'];
/** What is no JSON, or is asked for in another way. */
const OTHER: ReadonlySet<string> = new Set(['/metrics', '/docs', '/']);

interface Described {
  readonly path: string;
  readonly schema: object;
}

const base = await freeBasePort();
const dataDir = join(t.testdir(), 'data');
const cluster = await RealCluster.start(t, dataDir, ['--base-port', String(base)]);
const url = cluster.url('n1');

function ask(path: string, more: RequestInit = {}): Promise<Response> {
  return fetch(`${url}${path}`, more);
}

function put(path: string, value: unknown, headers: Record<string, string> = {}) {
  return ask(path, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(value),
  });
}

function describedReads(document: OpenApiDocument): Described[] {
  return Object.entries(document.paths).flatMap(([path, operations]) => {
    const response = operations['get']?.responses['200'] as
      | { readonly content?: Record<string, { readonly schema?: object }> }
      | undefined;
    const schema = response?.content?.['application/json']?.schema;
    return schema === undefined || OTHER.has(path) ? [] : [{ path, schema }];
  });
}

/** Of each key, in the path or after it. */
function requestsOf(path: string): string[] {
  return KEYS.flatMap((key) => {
    const places: Readonly<Record<string, string>> = { ...PLACES, key };
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => places[name] ?? name);
    return [filled, `${filled}?key=${key}`];
  });
}

t.before(async () => {
  const created = (await (await put('/api/v1/kv/cart', { value: ['milk'] })).json()) as {
    readonly context: string;
  };
  for (const value of [['eggs'], ['bread']]) {
    await put('/api/v1/kv/cart', { value, context: created.context });
  }
  await put('/api/v1/kv/order', { value: 1 }, { 'Idempotency-Key': 'order-1' });
  await put('/api/v1/kv/note', { value: 'a value' });
  await put('/api/v1/namespaces/shop', { default_level: 'quorum' });
  // Rings, round trips and exchanges are reported once there are some.
  await until('nodes to know each other', SECONDS * 1000, async () => {
    const status = (await (await ask('/api/v1/cluster/status')).json()) as {
      readonly nodes: readonly { readonly report?: { readonly round_trips_ms?: object } }[];
    };
    return status.nodes.every(({ report }) => {
      return Object.keys(report?.round_trips_ms ?? {}).length === 2;
    });
  });
});

t.test('each read of the document, as real nodes answer it', async (t) => {
  const document = (await (await ask('/openapi.json')).json()) as OpenApiDocument;
  const reads = describedReads(document);
  t.ok(reads.length > 15, `${reads.length} reads`);
  for (const { path, schema } of reads) {
    const answers = await Promise.all(requestsOf(path).map((one) => ask(one)));
    const good = answers.find(({ status }) => status === 200);
    if (good === undefined) t.fail(`${path}: ${answers.map(({ status }) => status).join(' ')}`);
    else t.equal(fault(document, schema, await good.json(), ''), undefined, path);
  }
});
