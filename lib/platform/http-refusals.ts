/** What is refused before anybody handles it: no HTTP, too much of it, too slow (RFC 9457). */
import { STATUS_CODES } from 'node:http';
import type { ErrorCode } from '../errors.js';

export interface HttpRefusal {
  readonly status: 400 | 403 | 405 | 408 | 417 | 421 | 431 | 501 | 503 | 505;
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
export const TWO_HOSTS: HttpRefusal = { ...NOT_HTTP, detail: 'the Host header is there twice' };
export const BAD_HOST: HttpRefusal = { ...NOT_HTTP, detail: 'the host is not a name and a port' };
export const BAD_TARGET: HttpRefusal = {
  ...NOT_HTTP,
  detail: 'the target is neither a path nor an address that begins with http://',
};
export const NOT_SECURED: HttpRefusal = {
  status: 421,
  code: 'misdirected_request',
  detail: 'this listener speaks no TLS: a target that begins with https:// is not served here',
};
export const OTHER_VERSION: HttpRefusal = {
  status: 505,
  code: 'http_version_unsupported',
  detail: 'the only versions of HTTP are 1.1 and 1.0',
};
export const FRAMING_OF_1_0: HttpRefusal = {
  ...NOT_HTTP,
  detail: 'HTTP/1.0 has no Transfer-Encoding',
};
export const MISDIRECTED: HttpRefusal = {
  status: 421,
  code: 'misdirected_request',
  detail:
    'this node is not served under that host name: use an IP address or localhost, or add the ' +
    'name to the setting http.hostNames',
};
export const FOREIGN_ORIGIN: HttpRefusal = {
  status: 403,
  code: 'forbidden_origin',
  detail: 'a page of another origin changes nothing here',
};
export const CODED_BODY: HttpRefusal = {
  status: 501,
  code: 'not_implemented',
  detail: 'the only Transfer-Encoding is "chunked", alone',
};
export const EXPECTATION: HttpRefusal = {
  status: 417,
  code: 'expectation_failed',
  detail: 'the only expectation is "100-continue"',
};
export const TOO_MANY_CONNECTIONS: HttpRefusal = {
  status: 503,
  code: 'overloaded',
  detail: 'as many connections as this node takes are busy',
};
export const TOO_MUCH_AHEAD: HttpRefusal = {
  status: 503,
  code: 'overloaded',
  detail: 'too many requests wait on their connections for earlier ones',
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
const RETRY_AFTER_SECONDS = 1;

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
export function rawProblem(refusal: HttpRefusal, body: string): string {
  const { status } = refusal;
  const reason = STATUS_CODES[status] ?? '';
  const headers = Object.entries({ ...refusalHeaders(refusal, body), connection: 'close' });
  const lines = headers.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('');
  return `HTTP/1.1 ${String(status)} ${reason}\r\n${lines}\r\n${body}`;
}

export function refusalHeaders(
  { status }: HttpRefusal,
  body: string,
): Record<string, string | number> {
  return {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}),
  };
}
