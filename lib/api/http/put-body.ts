/** What a PUT wants: the value as it was written, its type, its time to live, its context. */
import { JSON_TYPE, type JsonMembers, jsonMembers } from '../../encoding/json-text.js';
import { OperatingError } from '../../errors.js';
import type { Change } from '../../replica/intent.js';
import {
  BYTES_TYPE,
  checkCharset,
  checkContentType,
  essenceOf,
  unsupported,
} from './media-type.js';
import { invalid } from './refusals.js';
import type { RequestHeaders } from './request-headers.js';
import {
  checkContext,
  checkTtl,
  contextCharactersMax,
  type RequestLimits,
  type TtlSeconds,
  ttlOfHeader,
} from './request-options.js';

export interface PutBodyLimits extends RequestLimits {
  readonly valueBytesMax: number;
}

export interface PutBody {
  readonly change: Change;
  readonly context: string | undefined;
}

/** Room in a JSON body for what is around the value, its context not counted. */
const ENVELOPE_BYTES = 4096;
const MEMBERS = ['value', 'ttl', 'context'];

export function bodyBytesMax(contentType: string | undefined, limits: PutBodyLimits): number {
  const isJson = contentType !== undefined && essenceOf(contentType) === JSON_TYPE;
  const envelope = isJson ? ENVELOPE_BYTES + contextCharactersMax(limits) : 0;
  return limits.valueBytesMax + envelope;
}

/**
 * @param address of the key, for the command that a refusal proposes
 * @throws OperatingError `invalid_request`, `invalid_context`, `value_too_large`, or
 * `unsupported_media_type` for what a client sends by default and hardly means
 */
export function putBody(
  bytes: Buffer,
  headers: RequestHeaders,
  limits: PutBodyLimits,
  address: () => string,
): PutBody {
  const { contentType, raw } = headers;
  if (raw !== undefined && raw !== '1') throw invalid('x-raw', 'X-Raw is 1 or absent', raw);
  if (contentType === undefined) {
    if (raw === undefined && isEnvelope(bytes)) throw untyped(bytes, undefined, address);
    return bytesBody(bytes, BYTES_TYPE, headers);
  }
  checkContentType(contentType);
  const essence = essenceOf(contentType);
  if (essence === JSON_TYPE) {
    if (raw !== undefined) throw invalid('x-raw', 'X-Raw does not go with application/json', raw);
    checkCharset(contentType);
    return jsonBody(bytes, headers, limits);
  }
  if (raw === undefined) checkMeant(bytes, contentType, essence, address);
  return bytesBody(bytes, contentType, headers);
}

function bytesBody(value: Buffer, contentType: string, headers: RequestHeaders): PutBody {
  const ttlSeconds = ttlOfHeader(headers.ttl);
  return { change: { state: 'value', contentType, value, ttlSeconds }, context: headers.context };
}

function jsonBody(bytes: Buffer, headers: RequestHeaders, limits: PutBodyLimits): PutBody {
  const found = jsonMembers(strictText(bytes));
  const unwrapped = unwrappedIn(found);
  if (unwrapped !== undefined) {
    const wrapped = `{"value":${shown(bytes, '...')}}`;
    throw invalid(unwrapped, `what is to be stored is the member "value": send ${wrapped}`);
  }
  const members = objectOf(found, 'the body');
  checkMembers(members, MEMBERS);
  const text = members.get('value');
  if (text === undefined) throw invalid('value', 'the member "value" is missing');
  const value = jsonValueOf(text, limits);
  const ttlSeconds = agreed('ttl', ttlMember(members.get('ttl')), ttlOfHeader(headers.ttl));
  const context = agreed('context', contextMember(members.get('context')), headers.context);
  return { change: { state: 'value', contentType: JSON_TYPE, value, ttlSeconds }, context };
}

/** What shows that it is the value itself, without the object around it; undefined: it is not. */
function unwrappedIn(found: JsonMembers): string | undefined {
  if (found.kind === 'other') return 'body';
  if (found.kind !== 'object' || found.members.has('value')) return undefined;
  return [...found.members.keys()].find((name) => !MEMBERS.includes(name));
}

/** The JSON text of a value as it is stored. */
export function jsonValueOf(text: string, { valueBytesMax }: PutBodyLimits): Buffer {
  const value = Buffer.from(text, 'utf8');
  if (value.length <= valueBytesMax) return value;
  throw new OperatingError('value_too_large', 'the value is too large', {
    details: { required: valueBytesMax, received: value.length },
  });
}

/** @throws OperatingError `invalid_request` unless it is one object, no member of it twice */
export function membersOf(bytes: Buffer): ReadonlyMap<string, string> {
  return objectOf(jsonMembers(strictText(bytes)), 'the body');
}

/** @param what it is that was split, as a refusal names it */
export function objectOf(found: JsonMembers, what: string): ReadonlyMap<string, string> {
  switch (found.kind) {
    case 'object':
      return found.members;
    case 'other':
      throw invalid('body', `${what} is not an object`);
    case 'duplicate':
      throw invalid(found.name, `the member "${found.name}" is there twice`);
    case 'broken':
      throw invalid('body', `${what} is not JSON: ${found.reason}`);
  }
}

/** @throws OperatingError `invalid_request`, naming a member that is none of `known` */
export function checkMembers(members: ReadonlyMap<string, string>, known: readonly string[]): void {
  for (const name of members.keys()) {
    if (known.includes(name)) continue;
    throw invalid(name, `there is no member "${name}"; there are ${known.join(', ')}`);
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function strictText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  // Bytes that are not UTF-8 became U+FFFD, and only then the slower decoder has to decide.
  if (!text.includes('\ufffd')) return text;
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw invalid('body', 'the body is not UTF-8');
  }
}

export function ttlMember(text: string | undefined): TtlSeconds {
  if (text === undefined) return undefined;
  const ttl: unknown = JSON.parse(text);
  return ttl === 'keep' ? ttl : checkTtl(typeof ttl === 'number' ? ttl : 0, 'ttl', ttl);
}

export function contextMember(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const context: unknown = JSON.parse(text);
  if (typeof context !== 'string') throw invalid('context', 'the context is a string');
  checkContext(context);
  return context;
}

/** One value from two places: either alone, or both alike. */
export function agreed<T>(
  field: string,
  body: T | undefined,
  header: T | undefined,
): T | undefined {
  if (body !== undefined && header !== undefined && body !== header) {
    throw invalid(field, `the ${field} in the body is not the one in the header`);
  }
  return body ?? header;
}

/** What curl and fetch send when nobody chose a type would be stored so, and surprise later. */
function checkMeant(
  bytes: Buffer,
  contentType: string,
  essence: string,
  address: () => string,
): void {
  const isForm =
    essence === 'application/x-www-form-urlencoded' || essence.startsWith('multipart/');
  const isText = essence.startsWith('text/');
  if (!isForm && !isText) return;
  const looksJson = isEnvelope(bytes);
  if (isText && !looksJson) return;
  throw untyped(bytes, contentType, address);
}

/** @param type that the client has named */
function untyped(bytes: Buffer, type: string | undefined, address: () => string): OperatingError {
  const typed = isEnvelope(bytes)
    ? `-H 'Content-Type: ${JSON_TYPE}' -d '${shown(bytes, '{"value": ...}')}'`
    : isJsonText(bytes)
      ? `-H 'Content-Type: ${JSON_TYPE}' -d '{"value":${shown(bytes, ' ...')}}'`
      : `-H 'Content-Type: ${BYTES_TYPE}' --data-binary ...`;
  const why =
    type === undefined
      ? 'the request names no Content-Type'
      : `${essenceOf(type)} is what clients send when nobody chose a type`;
  return unsupported(
    `${why}. Say which: curl -X PUT ${typed} '${address()}'; ` +
      "or add -H 'X-Raw: 1' to store these bytes as they are",
    type ?? 'no type',
  );
}

const SHOWN_BYTES_MAX = 200;
const TYPED_BYTES_MAX = 65_536;
/** Enough to see that a body is no JSON object. */
const HEAD_BYTES = 64;

/** The body itself where it is short and safe within quotes. */
function shown(bytes: Buffer, otherwise: string): string {
  const text = bytes.length <= SHOWN_BYTES_MAX ? bytes.toString('utf8') : '';
  return /^[^'\p{Cc}\ufffd]+$/u.test(text) ? text : otherwise;
}

/** Looked at where it is short enough to be typed by hand. */
function isJsonText(bytes: Buffer): boolean {
  if (bytes.length > TYPED_BYTES_MAX) return false;
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

function isEnvelope(bytes: Buffer): boolean {
  if (!/^\s*\{/.test(bytes.toString('latin1', 0, HEAD_BYTES))) return false;
  const found = jsonMembers(bytes.toString('utf8'));
  return found.kind === 'duplicate' || (found.kind === 'object' && found.members.has('value'));
}
