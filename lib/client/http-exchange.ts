/** One request and its answer, at the first endpoint that takes the connection. */
import { got, RequestError } from 'got';
import type { Problem } from './results.js';

export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Path and query, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export interface HttpAnswer {
  readonly kind: 'http';
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
}

export interface ExchangeOptions {
  /** `http://host:port`, in the order of preference. */
  readonly endpoints: readonly string[];
  /** For each endpoint that is tried. */
  readonly timeoutMilliseconds: number;
}

/** No connection was made, so nothing was asked. */
const NOTHING_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** Timeouts of got before anything was sent. */
const CONNECTING = new Set(['lookup', 'connect', 'secureConnect', 'socket']);

/** Never throws for what a network or a node may do; each endpoint is tried at most once. */
export async function exchange(
  request: HttpRequest,
  { endpoints, timeoutMilliseconds }: ExchangeOptions,
): Promise<HttpAnswer | Problem> {
  const refusals: string[] = [];
  for (const endpoint of endpoints) {
    try {
      return await ask(endpoint, request, timeoutMilliseconds);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (!nothingSent(error)) return unanswered(request, endpoint, error);
      refusals.push(`${endpoint} (${error.code})`);
    }
  }
  return {
    kind: 'problem',
    status: undefined,
    code: 'peer_unreachable',
    detail: `no endpoint takes a connection: ${refusals.join(', ')}`,
    outcome: 'none',
    retryable: true,
    text: undefined,
  };
}

async function ask(
  endpoint: string,
  { method, path, headers, body }: HttpRequest,
  timeoutMilliseconds: number,
): Promise<HttpAnswer> {
  const response = await got(`${endpoint}${path}`, {
    method,
    headers: { 'user-agent': 'quorate', ...headers },
    ...(body === undefined ? {} : { body }),
    responseType: 'buffer',
    timeout: { request: timeoutMilliseconds },
    // A write is asked once: whoever repeats it decides that with its outcome in hand.
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
  });
  const header = (name: string): string | undefined => {
    const value = response.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  return { kind: 'http', status: response.statusCode, header, body: response.body };
}

function nothingSent(error: RequestError): boolean {
  const { event } = error as { readonly event?: unknown };
  return NOTHING_SENT.has(error.code) || (typeof event === 'string' && CONNECTING.has(event));
}

function unanswered({ method }: HttpRequest, endpoint: string, error: RequestError): Problem {
  return {
    kind: 'problem',
    status: undefined,
    code: error.code === 'ETIMEDOUT' ? 'deadline_passed' : 'peer_unreachable',
    detail: `${endpoint} did not answer: ${error.message}`,
    outcome: method === 'GET' ? 'none' : 'unknown',
    retryable: true,
    text: undefined,
  };
}
