/** The headers that matter, found in one pass over the lines as they were sent. */
import { invalid } from './refusals.js';

/** Undefined where a header was not sent. */
export interface RequestHeaders {
  level: string | undefined;
  fallback: string | undefined;
  context: string | undefined;
  durability: string | undefined;
  timeout: string | undefined;
  ttl: string | undefined;
  raw: string | undefined;
  accept: string | undefined;
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
  sessionToken: string | undefined;
  maxStaleness: string | undefined;
  readRepair: string | undefined;
  idempotencyKey: string | undefined;
  contentType: string | undefined;
  contentEncoding: string | undefined;
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  expect: string | undefined;
  requestId: string | undefined;
  explain: string | undefined;
  /** The name of a header that was sent twice and must not be. */
  repeated: string | undefined;
  /** The name of a header that looks like one of ours and is none. */
  unknown: string | undefined;
}

interface HeaderRow {
  readonly field: Exclude<keyof RequestHeaders, 'repeated' | 'unknown'>;
  /** Lists may be spread over lines; of anything else, a proxy could drop the line that counts. */
  readonly list?: true;
}

const HEADERS: ReadonlyMap<string, HeaderRow> = new Map<string, HeaderRow>([
  ['x-consistency-level', { field: 'level' }],
  ['x-consistency-fallback', { field: 'fallback' }],
  ['x-causal-context', { field: 'context' }],
  ['x-durability', { field: 'durability' }],
  ['x-timeout', { field: 'timeout' }],
  ['x-ttl', { field: 'ttl' }],
  ['x-raw', { field: 'raw' }],
  ['accept', { field: 'accept', list: true }],
  ['if-match', { field: 'ifMatch', list: true }],
  ['if-none-match', { field: 'ifNoneMatch', list: true }],
  ['x-session-token', { field: 'sessionToken' }],
  ['x-max-staleness', { field: 'maxStaleness' }],
  ['x-read-repair', { field: 'readRepair' }],
  ['idempotency-key', { field: 'idempotencyKey' }],
  ['content-type', { field: 'contentType' }],
  ['content-encoding', { field: 'contentEncoding', list: true }],
  ['content-length', { field: 'contentLength' }],
  ['transfer-encoding', { field: 'transferEncoding', list: true }],
  ['expect', { field: 'expect' }],
  ['x-request-id', { field: 'requestId' }],
  ['x-explain', { field: 'explain' }],
]);

/** The names of all that is read, in lower case. */
export const REQUEST_HEADERS: readonly string[] = [...HEADERS.keys()];

/** First letters of the names above, in lower case: most lines are passed over by one look. */
const FIRST_LETTERS = new Set(REQUEST_HEADERS.map((name) => name.charCodeAt(0)));
const OUR_PREFIX = 'x-consistency';

/**
 * @param lines name, value, name, value, ... as `rawHeaders` has them. Never throws, so that even a
 * refusal can bear the request's id; `checkHeaders` judges.
 */
export function scanHeaders(lines: readonly string[]): RequestHeaders {
  const headers = noHeaders();
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const name = lines[i] as string;
    if (!FIRST_LETTERS.has(name.charCodeAt(0) | 0x20)) continue;
    const lower = name.toLowerCase();
    const row = HEADERS.get(lower);
    if (row === undefined) {
      if (lower.startsWith(OUR_PREFIX)) headers.unknown = lower;
      continue;
    }
    const before = headers[row.field];
    const value = lines[i + 1] as string;
    if (before === undefined) headers[row.field] = value;
    else if (row.list === true) headers[row.field] = `${before}, ${value}`;
    else headers.repeated = lower;
  }
  return headers;
}

/** @throws OperatingError `invalid_request`: a header twice, or an unknown one of ours. */
export function checkHeaders({ repeated, unknown }: RequestHeaders): void {
  if (repeated !== undefined) throw invalid(repeated, `the header ${repeated} is there twice`);
  if (unknown !== undefined) throw invalid(unknown, `there is no header ${unknown}`);
}

const SANE_ID = /^[A-Za-z0-9._:-]{1,64}$/;

/** The client's own id where it is short and harmless, else a fresh one. */
export function requestIdOf(sent: string | undefined, fresh: () => string): string {
  return sent !== undefined && SANE_ID.test(sent) ? sent : fresh();
}

function noHeaders(): RequestHeaders {
  return {
    level: undefined,
    fallback: undefined,
    context: undefined,
    durability: undefined,
    timeout: undefined,
    ttl: undefined,
    raw: undefined,
    accept: undefined,
    ifMatch: undefined,
    ifNoneMatch: undefined,
    sessionToken: undefined,
    maxStaleness: undefined,
    readRepair: undefined,
    idempotencyKey: undefined,
    contentType: undefined,
    contentEncoding: undefined,
    contentLength: undefined,
    transferEncoding: undefined,
    expect: undefined,
    requestId: undefined,
    explain: undefined,
    repeated: undefined,
    unknown: undefined,
  };
}
