/** The public API as this page reaches it: through its own origin, to a node that is alive. */

import { parseExact, writeExact } from './logic/exact-json.js';

/** An answer that is no success: what the problem says, and who said it. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  /** The whole body. */
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(typeof body['detail'] === 'string' ? body['detail'] : `status ${status}`);
    this.status = status;
    this.code = typeof body['code'] === 'string' ? body['code'] : 'unknown';
    this.body = body;
  }
}

export interface ApiAnswer<Body> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Headers;
  /** Whose view it is. */
  readonly node: string | undefined;
}

export interface ApiRequest {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: BodyInit | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Answer also what is no success. */
  readonly anyStatus?: boolean | undefined;
}

/** Sent with everything: a page of another origin cannot send it unasked. */
const PAGE_HEADER = { 'x-quorate-page': '1' };

let view = '';

/** @param node whose view is shown; empty: that of any node that is alive */
export function setView(node: string): void {
  view = node === '' ? '' : `/nodes/${encodeURIComponent(node)}`;
}

/** Rejects with a Problem. */
export async function ask<Body>(path: string, asked: ApiRequest = {}): Promise<ApiAnswer<Body>> {
  const { method = 'GET', headers = {}, body, signal, anyStatus = false } = asked;
  const response = await fetch(path.startsWith('/nodes/') ? path : `${view}${path}`, {
    method,
    headers: { ...PAGE_HEADER, ...headers },
    cache: 'no-store',
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new ApiProblem(0, { code: 'not_ready', detail: 'the page cannot reach its server' });
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const parsed: unknown = type.includes('json') ? parseExact(text) : text;
  if (!response.ok && !anyStatus) {
    throw new ApiProblem(response.status, (typeof parsed === 'object' ? parsed : {}) as never);
  }
  const node = response.headers.get('x-quorate-node') ?? undefined;
  return { status: response.status, body: parsed as Body, headers: response.headers, node };
}

export function change<Body>(
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer<Body>> {
  return ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: writeExact(body),
  });
}

/** Of keys for which no namespace is named. */
export const USUAL_NAMESPACE = 'default';

/** A key of any namespace. */
export interface KeyName {
  readonly namespace: string;
  readonly key: string;
}

/** The path of a key: any key can be a parameter, `.` and `..` too. */
export function keyPath({ namespace, key }: KeyName, suffix = '', more = ''): string {
  const isDefault = namespace === USUAL_NAMESPACE;
  const within = isDefault ? '/api/v1' : `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const isOneSegment = key !== '.' && key !== '..';
  if (isOneSegment) return `${within}/kv/${encodeURIComponent(key)}${suffix}${more && `?${more}`}`;
  return `${within}/kv${suffix}?key=${encodeURIComponent(key)}${more && `&${more}`}`;
}

/** What each owner holds of it. */
export function copiesPath({ namespace, key }: KeyName): string {
  const isDefault = namespace === USUAL_NAMESPACE;
  const more = isDefault ? '' : `&namespace=${encodeURIComponent(namespace)}`;
  return `/api/v1/cluster/copies?key=${encodeURIComponent(key)}${more}`;
}
