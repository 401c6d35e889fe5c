/** What is refused before anybody handles it: no HTTP, too much of it, too slow (RFC 9457). */
import { STATUS_CODES } from 'node:http';
import type { ErrorCode } from '../errors.js';

export interface HttpRefusal {
  readonly status: 400 | 405 | 408 | 431;
  readonly code: ErrorCode;
  readonly detail: string;
}

export const HEADERS_TOO_LARGE: HttpRefusal = {
  status: 431,
  code: 'headers_too_large',
  detail: 'too many headers, or too many bytes in them',
};
const NOT_HTTP: HttpRefusal = {
  status: 400,
  code: 'invalid_request',
  detail: 'not a complete HTTP/1.1 request',
};
export const NO_HOST: HttpRefusal = { ...NOT_HTTP, detail: 'the Host header is missing' };
export const EXPECTATION: HttpRefusal = {
  ...NOT_HTTP,
  detail: 'the Expect header is not understood',
};
const TOO_SLOW: HttpRefusal = {
  status: 408,
  code: 'body_timeout',
  detail: 'the request was not complete in time',
};
export const NO_TUNNELS: HttpRefusal = {
  status: 405,
  code: 'method_not_allowed',
  detail: 'CONNECT is not allowed',
};

/** By the code of a parser error; everything else is `NOT_HTTP`. */
const REFUSALS: Readonly<Record<string, HttpRefusal>> = {
  HPE_HEADER_OVERFLOW: HEADERS_TOO_LARGE,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: HEADERS_TOO_LARGE,
  ERR_HTTP_REQUEST_TIMEOUT: TOO_SLOW,
};

/** What an error of the parser, or of the clock, means. */
export function refusalOfError({ code }: NodeJS.ErrnoException): HttpRefusal {
  return REFUSALS[code ?? ''] ?? NOT_HTTP;
}

/** For a connection without a response object. */
export function rawProblem({ status }: HttpRefusal, body: string): string {
  const reason = STATUS_CODES[status] ?? '';
  const headers = Object.entries({ ...problemHeaders(body), connection: 'close' });
  const lines = headers.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('');
  return `HTTP/1.1 ${String(status)} ${reason}\r\n${lines}\r\n${body}`;
}

export function problemHeaders(body: string): Record<string, string | number> {
  return {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
}
