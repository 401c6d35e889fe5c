/** One request and its answer, at an endpoint that is known to answer. */
import { got, RequestError } from 'got';
import type { Endpoints } from './endpoints.js';
import { firstToAnswer } from './first-to-answer.js';
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

export interface SendOptions {
  readonly endpoints: Endpoints;
  /** For all endpoints that are tried, together. */
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

/**
 * Never throws for what a network or a node may do. The request is sent once: whoever repeats a
 * write decides that with its outcome in hand. So that it does not go to a node that is silent, an
 * endpoint that has not answered lately is asked first whether it does, where there are others.
 */
export async function sendRequest(
  request: HttpRequest,
  { endpoints, timeoutMilliseconds }: SendOptions,
): Promise<HttpAnswer | Problem> {
  const deadline = performance.now() + timeoutMilliseconds;
  const refusals: string[] = [];
  const refused = (endpoint: string, reason: string): void => {
    refusals.push(`${endpoint} (${reason})`);
    endpoints.missed(endpoint, performance.now());
  };
  let left = endpoints.inOrder(performance.now());
  while (left.length > 0) {
    const endpoint = await choose(left, endpoints, deadline, refused);
    if (endpoint === undefined) break;
    try {
      const answer = await ask(endpoint, request, timeLeft(deadline));
      endpoints.answered(endpoint, performance.now());
      return answer;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      refused(endpoint, error.code);
      if (!nothingSent(error)) return unanswered(request, endpoint, error);
      left = left.filter((other) => other !== endpoint);
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

/** @returns undefined where none of them answers before the deadline */
async function choose(
  left: readonly string[],
  endpoints: Endpoints,
  deadline: number,
  refused: (endpoint: string, reason: string) => void,
): Promise<string | undefined> {
  const [first] = left;
  if (first === undefined || left.length === 1) return first;
  if (endpoints.isKnown(first, performance.now())) return first;
  const { winner, failed } = await firstToAnswer(left, timeLeft(deadline));
  for (const { endpoint, reason } of failed) refused(endpoint, reason);
  return winner;
}

function timeLeft(deadline: number): number {
  return Math.max(1, deadline - performance.now());
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
