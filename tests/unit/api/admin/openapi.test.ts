/** The document against the routes: what it describes is served, what is served it describes. */
import { createConfig, lintFromString } from '@redocly/openapi-core';
import t from 'tap';
import { KEY_ROUTES } from '../../../../lib/api/admin/namespaced-routes.js';
import { PROBLEM_ADVICE } from '../../../../lib/api/admin/problem-advice.js';
import { documentPath, type OpenApiDocument } from '../../../../lib/api/admin/openapi.js';
import { ERROR_CODES } from '../../../../lib/errors.js';
import type { Answer, Served } from '../served.js';
import { serve } from '../served.js';
import { GOLDEN } from './golden.js';
import { fault } from './schema-fault.js';

async function documentOf({ send }: Served): Promise<OpenApiDocument> {
  return (await send('GET', '/openapi.json')).json as unknown as OpenApiDocument;
}

t.test(
  'every operation has a golden request, and every golden request its operation',
  async (t) => {
    const document = await documentOf(await serve(t));
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const golden = new Set(GOLDEN.map(({ operation }) => operation));
    t.same([...golden].sort(), described.sort());
    t.ok(described.length > 20);
    for (const { method, path } of KEY_ROUTES) {
      t.ok(golden.has(`${method} ${documentPath(path)}`), path);
    }
  },
);

t.test('golden requests get golden answers, of the shape that the document says', async (t) => {
  const served = await serve(t);
  const document = await documentOf(served);
  for (const { operation, path, prepare, sent, status, expected } of GOLDEN) {
    const [method = '', described = ''] = operation.split(' ');
    prepare?.(served.node);
    const answer = await served.send(method, path, sent);
    const name = `${method} ${path} ${status}`;
    t.equal(answer.status, status, name);
    if (expected !== undefined) t.match(answer.json ?? answer.text, expected, name);
    const row = document.paths[described]?.[method.toLowerCase()];
    t.equal(faultOf(document, row?.responses ?? {}, answer, method), undefined, name);
  }
});

function faultOf(
  document: OpenApiDocument,
  responses: Readonly<Record<string, unknown>>,
  answer: Answer,
  method: string,
): string | undefined {
  const row = (responses[answer.status] ?? responses['default']) as
    | { content?: Record<string, { schema?: object }> }
    | undefined;
  if (row === undefined) return 'the status is not described';
  if (method === 'HEAD' || answer.status === 304) return undefined;
  const type = answer.headers['content-type'] ?? '';
  const media = row.content?.[type];
  if (media === undefined) return `the type ${type} is not described`;
  return media.schema === undefined ? undefined : fault(document, media.schema, answer.json, '');
}

/** One of each that requests may have, as it may be. */
const SAMPLES: Readonly<Record<string, string>> = {
  ...{ 'X-Consistency-Level': 'quorum', 'X-Consistency-Fallback': 'one', 'X-Timeout': '2s' },
  ...{ 'X-Causal-Context': 'abc', 'X-Durability': 'sync', 'X-TTL': '60', 'X-Raw': '1' },
  ...{ 'If-Match': '"x"', 'If-None-Match': '*', 'X-Session-Token': 'abc', 'X-Explain': '1' },
  ...{ 'X-Max-Staleness': '5s', 'X-Read-Repair': 'none', 'Idempotency-Key': 'i' },
  ...{ 'X-Request-Id': 'id' },
};

t.test('each header that is described is taken, and none that is not', async (t) => {
  const served = await serve(t);
  const document = await documentOf(served);
  const seen = new Set<string>();
  for (const { operation, path, prepare, sent, status } of GOLDEN) {
    const [method = '', described = ''] = operation.split(' ');
    const isOfKeys = KEY_ROUTES.some((row) => documentPath(row.path) === described);
    // Lists are on the path of the values, and take less.
    const isList = /kv(?:\?(?!key=).*)?$/.test(path);
    if (!isOfKeys || isList || status >= 300 || seen.has(`${operation} ${path}`)) continue;
    seen.add(`${operation} ${path}`);
    const { parameters = [] } = document.paths[described]?.[method.toLowerCase()] ?? {};
    for (const [header, value] of Object.entries(SAMPLES)) {
      // Bytes alone are stored as they are.
      if (header === 'X-Raw' && method === 'PUT') continue;
      prepare?.(served.node);
      const headers = { ...sent?.headers, [header]: value };
      // Rejects where it takes what is not described.
      const answer = await served.send(method, path, { ...sent, headers }).catch(String);
      const name = `${method} ${path} ${header}`;
      if (typeof answer === 'string') t.fail(`${name}: ${answer}`);
      else if (parameters.some(({ name }) => name === header))
        t.not(answer.status, 400, `${name}: ${answer.text}`);
    }
  }
  t.ok(seen.size > 30, `${seen.size} operations`);
});

t.test('the check of shapes can fail', async (t) => {
  const document = await documentOf(await serve(t));
  const written = document.paths['/api/v1/kv']?.['put']?.responses['200'] as {
    content: Record<string, { schema: object }>;
  };
  const schema = written.content['application/json']?.schema ?? {};
  const good = { key: 'k', version: 'v', context: 'c', replaced: [] };
  t.equal(fault(document, schema, good, ''), undefined);
  t.ok(fault(document, schema, { ...good, more: 1 }, ''));
  t.ok(fault(document, schema, { ...good, replaced: [1] }, ''));
  t.ok(fault(document, schema, { key: 'k' }, ''));
});

t.test('references lead somewhere', async (t) => {
  const document = await documentOf(await serve(t));
  const found = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g);
  const references = new Set([...found].map(([, kind, name]) => `${kind}/${name}`));
  const components = Object.entries(document.components as Record<string, object>).flatMap(
    ([kind, all]) => Object.keys(all).map((name) => `${kind}/${name}`),
  );
  t.same([...references].sort(), components.sort(), 'each is there, and each is used');
  for (const name of ['schemas/Value', 'schemas/TimeToLive', 'headers/X-Consistency-Achieved']) {
    t.ok(references.has(name), name);
  }
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  t.equal(new Set(ids).size, ids.length);
});

interface Described {
  readonly content?: Readonly<
    Record<string, { readonly schema?: object; readonly example?: unknown }>
  >;
  readonly headers?: object;
}

/** Every body of the document, and the headers of every answer, each with its name. */
function describedBy(document: OpenApiDocument) {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody, responses }]) => [
      { name: `${method} ${path}`, isBody: true, row: (requestBody ?? {}) as Described },
      ...Object.entries(responses).map(([status, row]) => {
        return { name: `${method} ${path} ${status}`, isBody: false, row: row as Described };
      }),
    ]),
  );
}

t.test('each body in JSON has an example of its shape, and each answer its headers', async (t) => {
  const document = await documentOf(await serve(t));
  let examples = 0;
  for (const { name, isBody, row } of describedBy(document)) {
    const sent = isBody ? row.content?.['application/json'] : undefined;
    if (sent !== undefined) t.ok(sent.example !== undefined, `${name}: a body to copy`);
    if (!isBody) t.hasProp(row.headers ?? {}, 'X-Request-Id', name);
    for (const { schema, example } of Object.values(row.content ?? {})) {
      if (example === undefined) continue;
      examples += 1;
      t.equal(fault(document, schema ?? {}, example, ''), undefined, name);
    }
  }
  t.ok(examples > 10, `${examples} examples`);
  const value = document.paths['/api/v1/kv/{key}']?.['get']?.responses['200'] as Described;
  t.same(Object.keys(value.headers ?? {}), [
    ...['X-Request-Id', 'X-Consistency-Achieved', 'X-Replicas', 'X-Causal-Context'],
    ...['X-Session-Token', 'X-Staleness-Bound', 'ETag', 'X-Siblings', 'X-Written-At'],
    ...['X-Expires-At', 'RateLimit', 'RateLimit-Policy'],
  ]);
});

t.test('redocly has nothing to say about the document', async (t) => {
  const document = await documentOf(await serve(t));
  const config = await createConfig({ extends: ['recommended'] });
  const lint = async (source: object): Promise<string[]> => {
    const problems = await lintFromString({ source: JSON.stringify(source), config });
    return problems.map(({ ruleId, message }) => `${ruleId}: ${message}`);
  };
  t.same(await lint(document), []);
  t.not((await lint({ ...document, info: { title: 'x' } })).length, 0, 'it looks');
});

t.test('lines for curl, and what to do about each problem', async (t) => {
  const { send } = await serve(t);
  const { text } = await send('GET', '/docs');
  const lines = [...text.matchAll(/<pre>(curl [^<]*)<\/pre>/g)].map(([, line = '']) => line);
  t.ok(lines.length > 20, `${lines.length} lines`);
  const put = 'curl -X PUT -H \'Content-Type: application/json\' -d \'{"value":{"apples":3}}\'';
  const plain = lines.map((line) => line.replaceAll('&#39;', "'").replaceAll('&quot;', '"'));
  t.ok(plain.some((line) => line.startsWith(put)));
  for (const line of plain) t.match(line, /'http:\/\/127\.0\.0\.1:8090\/[^']*'$/, line);
  for (const [code, advice] of Object.entries(PROBLEM_ADVICE)) {
    t.ok(advice.length > 10 && text.includes(`id="problem-${code}"`), code);
  }
  t.match(text, 'Merge the values, and put the result with the context of this answer.');
});

t.test('the page is whole without its script, and loads nothing from outside', async (t) => {
  const { send } = await serve(t);
  const page = await send('GET', '/docs');
  t.match(
    page.headers['content-security-policy'],
    /default-src 'none'; style-src 'self'; script-src 'self'; base/,
  );
  const others = page.text.replace('<script src="/docs/copy.js" defer></script>', '');
  t.notMatch(others, /<script|(?:src|href)="https?:|url\(|javascript:|style="/);
  for (const code of Object.keys(ERROR_CODES)) t.match(page.text, `id="problem-${code}"`);
  t.match(page.text, '/api/v1/kv/{key}/conflicts');
  t.match(
    (await send('GET', '/docs/style.css')).headers['content-type'],
    'text/css; charset=utf-8',
  );
  const script = await send('GET', '/docs/copy.js');
  t.equal(script.headers['content-type'], 'text/javascript; charset=utf-8');
  t.ok(script.bytes.length < 1500, `${script.bytes.length} bytes`);
});
