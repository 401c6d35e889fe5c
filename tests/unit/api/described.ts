/**
 * A request and its answer against the document: what the server takes and gives must be described,
 * whichever test has sent it.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { OpenApiDocument, OpenApiOperation } from '../../../lib/api/admin/openapi.js';
import { fault } from './admin/schema-fault.js';

export interface Exchanged {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly url: string;
  /** By their names in small letters. */
  readonly sent: Readonly<Record<string, unknown>>;
  readonly body: string | Uint8Array | undefined;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly json: unknown;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
}
type Content = Readonly<Record<string, { readonly schema?: object }>>;
interface Described {
  readonly content?: Content;
  readonly headers?: Readonly<Record<string, object>>;
}

/** Of any request over HTTP, or of the connection. */
const PLAIN_SENT: ReadonlySet<string> = new Set([
  ...['host', 'connection', 'content-type', 'content-length', 'content-encoding', 'accept'],
  ...['transfer-encoding', 'expect', 'origin', 'user-agent', 'traceparent', 'x-forwarded-for'],
]);
/** What a method passes over: it is of others, and would change nothing. */
const PASSED_OVER: Readonly<Record<string, readonly string[]>> = {
  GET: ['x-durability', 'x-ttl', 'x-raw', 'x-causal-context', 'if-none-match'],
  HEAD: ['x-durability', 'x-ttl', 'x-raw', 'x-causal-context', 'if-none-match'],
  DELETE: ['x-raw'],
};
/** Whatever orchestrators add to them. */
const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
const PLAIN_GIVEN: ReadonlySet<string> = new Set([
  ...['date', 'connection', 'keep-alive', 'content-type', 'content-length', 'cache-control'],
  ...['transfer-encoding', 'x-content-type-options', 'content-security-policy', 'vary'],
  ...['referrer-policy', 'x-frame-options', 'cross-origin-resource-policy'],
]);

/** What the document does not describe; none where it does not have the path or the method. */
export function undescribed(document: OpenApiDocument, exchanged: Exchanged): string[] {
  const { method, url, status } = exchanged;
  const [path = '', query = ''] = url.split('?');
  const template = templateOf(document, path);
  const operation = document.paths[template ?? '']?.[method.toLowerCase()];
  if (operation === undefined) return [];
  const found = [
    ...(status < 400 ? taken(document, operation, PROBES.has(path) ? '' : query, exchanged) : []),
    ...given(document, operation, exchanged),
  ];
  return found.map((what) => `${method} ${template ?? ''} ${status}: ${what}`);
}

/** The one with the fewest places that are free. */
function templateOf(document: OpenApiDocument, path: string): string | undefined {
  const parts = path.split('/');
  const fits = Object.keys(document.paths).filter((template) => {
    const own = template.split('/');
    return (
      own.length === parts.length &&
      own.every((part, i) => (part.startsWith('{') ? parts[i] !== '' : part === parts[i]))
    );
  });
  const free = (template: string) => template.split('{').length;
  return fits.sort((a, b) => free(a) - free(b))[0];
}

function taken(
  document: OpenApiDocument,
  { parameters, requestBody }: OpenApiOperation,
  query: string,
  { method, sent, body }: Exchanged,
): string[] {
  const passedOver = new Set(PASSED_OVER[method]);
  const known = parameters as unknown as readonly Parameter[];
  const names = (place: string) =>
    new Set(known.filter((one) => one.in === place).map((one) => one.name.toLowerCase()));
  const headers = names('header');
  const inQuery = names('query');
  const found = [
    ...Object.keys(sent).filter(
      (name) => ![PLAIN_SENT, headers, passedOver].some((some) => some.has(name)),
    ),
    ...[...new URLSearchParams(query).keys()]
      .filter((one) => !inQuery.has(one))
      .map((one) => `?${one}`),
  ].map((one) => `${one} is taken`);
  const type = String(sent['content-type'] ?? '').split(';')[0];
  const { content } = (requestBody ?? {}) as Described;
  const schema = content?.[type ?? '']?.schema;
  if (type !== 'application/json' || schema === undefined || body === undefined) return found;
  const wrong = fault(document, schema, JSON.parse(Buffer.from(body).toString()), 'body');
  return wrong === undefined ? found : [...found, wrong];
}

function given(
  document: OpenApiDocument,
  { responses }: OpenApiOperation,
  { method, status, headers, json }: Exchanged,
): string[] {
  const range = `${Math.floor(status / 100)}XX`;
  const row = (responses[status] ?? responses[range] ?? responses['default']) as Described;
  const known = new Set(Object.keys(row.headers ?? {}).map((name) => name.toLowerCase()));
  const found = Object.keys(headers)
    .filter((name) => !PLAIN_GIVEN.has(name) && !known.has(name))
    .map((name) => `${name} is given`);
  if (method === 'HEAD' || status === 304) return found;
  const type = headers['content-type'] ?? '';
  const media = row.content?.[type] ?? row.content?.['*/*'];
  if (media === undefined && row.content !== undefined) return [...found, `the type ${type}`];
  if (media?.schema === undefined) return found;
  const wrong = fault(document, media.schema, json, 'answer');
  return wrong === undefined ? found : [...found, wrong];
}
