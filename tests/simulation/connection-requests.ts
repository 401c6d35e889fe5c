/** What is sent ahead on one connection: requests for a few keys of their own. */
import { bytesOf, type HttpRequest } from './http-answers.js';
import { NAME_HEADER } from './connection-log.js';
import type { SeededRandom } from './seeded-random.js';

/** It is made once; blind writes replace what is there. */
export const LINES = { name: 'lines', stored: 'lines~1' };
export const LINE_RULES = { blind_writes: 'overwrite', default_write_level: 'one' };
/** What is no request, and what has no end. */
export const BROKEN = Buffer.from('this is not HTTP\r\n\r\n');
export const HALF = Buffer.from(
  'PUT /api/v1/kv/half HTTP/1.1\r\nHost: simulated\r\nContent-Length: 10\r\n\r\nhal',
);
export const HEALTH: HttpRequest = {
  method: 'GET',
  path: '/healthz',
  headers: {},
  body: undefined,
};

const KEYS = ['line1', 'line2', 'line3'];
const LEVELS = ['one', 'one', 'quorum', 'eventual', 'local-one'];
export const LINE_TIMEOUT_MILLISECONDS = 400;
/** More than a stream takes before it says that it is full. */
const LONG_VALUE = 40_000;

/** @param longest of a value, as its nodes take them */
export function drawLine(random: SeededRandom, name: string, longest: number): Buffer {
  const kind = random.pick(['put', 'put', 'put', 'get', 'get', 'delete', 'health']);
  const named = { [NAME_HEADER]: name };
  if (kind === 'health') return bytesOf({ ...HEALTH, headers: named });
  const headers = {
    ...{ ...named, 'Content-Type': 'application/json' },
    'X-Timeout': `${LINE_TIMEOUT_MILLISECONDS}ms`,
    'X-Consistency-Level': random.pick(LEVELS),
  };
  const path = `/api/v1/namespaces/${LINES.name}/kv/${random.pick(KEYS)}`;
  if (kind === 'get') return bytesOf({ method: 'GET', path, headers, body: undefined });
  if (kind === 'delete') {
    const level = { 'X-Consistency-Level': 'one' };
    return bytesOf({ method: 'DELETE', path, headers: { ...headers, ...level }, body: undefined });
  }
  const length = random.chance(0.2) ? Math.min(LONG_VALUE, Math.floor(0.7 * longest)) : 0;
  const body = JSON.stringify({ value: `${name}${' '.repeat(length)}` });
  const level = { 'X-Consistency-Level': random.pick(['one', 'quorum']) };
  return bytesOf({ method: 'PUT', path, headers: { ...headers, ...level }, body });
}

/** Which request a value is of. */
export function nameIn(value: Uint8Array): string {
  return String(JSON.parse(Buffer.from(value).toString('utf8'))).trim();
}
