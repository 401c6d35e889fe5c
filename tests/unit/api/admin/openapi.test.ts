/** The document against the routes: what it describes is served, what is served it describes. */
import t from 'tap';
import { DATA_ROUTES } from '../../../../lib/api/admin/data-routes.js';
import { HISTORY_ROUTES } from '../../../../lib/api/admin/history-routes.js';
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
    for (const { method, path } of [...DATA_ROUTES, ...HISTORY_ROUTES]) {
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
  const references = JSON.stringify(document).match(/"\$ref":"[^"]+"/g) ?? [];
  t.same([...new Set(references)], ['"$ref":"#/components/schemas/Problem"']);
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  t.equal(new Set(ids).size, ids.length);
});

t.test('the page needs no script and nothing from outside', async (t) => {
  const { send } = await serve(t);
  const page = await send('GET', '/docs');
  t.match(page.headers['content-security-policy'], /default-src 'none'; style-src 'self'/);
  t.notMatch(page.text, /<script|https?:\/\/|javascript:|style="/);
  for (const code of Object.keys(ERROR_CODES)) t.match(page.text, `id="problem-${code}"`);
  t.match(page.text, '/api/v1/kv/{key}/conflicts');
  t.match(
    (await send('GET', '/docs/style.css')).headers['content-type'],
    'text/css; charset=utf-8',
  );
});
