/**
 * Headers that pass through the admin page: those that the API knows, and no others. What frames a
 * message, or is of one connection (RFC 9110, 7.6.1), is never among them: each side has its own.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { ANSWER_HEADERS } from '../../lib/api/admin/answer-header-rows.js';
import { REQUEST_HEADERS } from '../../lib/api/http/request-headers.js';

const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'expect']);
const OF_REQUESTS = REQUEST_HEADERS.filter((name) => !FRAMING.has(name));
const OF_ANSWERS: readonly string[] = [
  ...Object.keys(ANSWER_HEADERS).map((name) => name.toLowerCase()),
  ...['content-type', 'content-length', 'cache-control', 'content-security-policy'],
  ...['x-content-type-options', 'referrer-policy', 'x-session-token'],
  ...['x-written-at', 'x-expires-at'],
];

export function passedRequestHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return picked(headers, OF_REQUESTS);
}

/** With the length where it is known: else Node sends chunks, or closes the connection. */
export function passedAnswerHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return picked(headers, OF_ANSWERS);
}

function picked(headers: IncomingHttpHeaders, names: readonly string[]): OutgoingHttpHeaders {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
