/** What callers hand in, checked before anything is sent: at run time types hold nothing. */
import type { StoredValue } from './results.js';

/** A value that the client cannot send as it is meant. Nothing was sent. */
export class ArgumentError extends TypeError {
  override readonly name = 'ArgumentError';
}

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [member: string]: JsonValue };

/** Deeper values are refused; one that contains itself has no end. */
const DEPTH_MAX = 1000;
/** What a header may hold for certain. */
const PRINTABLE = /^[\x20-\x7e]+$/;
const JSON_TYPE = /^\s*application\/json\s*(?:;|$)/i;

/**
 * A JSON value, to be stored: `put('cart', json({ apples: 1 }))`.
 * @throws ArgumentError where JSON would hold something else than this, or nothing: `undefined`,
 *   `NaN`, a `Date`, a `Map`, bytes, a string that is no Unicode
 */
export function json(value: JsonValue): StoredValue {
  checkJson(value, 'the value', 0);
  return { kind: 'json', text: JSON.stringify(value) };
}

/** @throws ArgumentError. @returns it, whether it is JSON or bytes */
export function storedOf(value: unknown): StoredValue {
  const given = typeof value === 'object' && value !== null ? (value as Partial<StoredValue>) : {};
  if (given.kind === 'json') return { kind: 'json', text: jsonTextOf(given.text) };
  if (given.kind !== 'bytes') {
    throw new ArgumentError(
      'a value is json(...), { kind: "json", text } or { kind: "bytes", bytes, contentType }, ' +
        `not ${shown(value)}`,
    );
  }
  const { bytes, contentType } = given;
  if (!(bytes instanceof Uint8Array)) {
    throw new ArgumentError(`the bytes of a value are a Uint8Array, not ${shown(bytes)}`);
  }
  const type = headerTextOf(contentType, 'contentType');
  // Taken for a request in JSON, its members would be options of the write.
  if (JSON_TYPE.test(type)) {
    throw new ArgumentError('JSON is given as { kind: "json", text }, not as bytes of that type');
  }
  return { kind: 'bytes', bytes, contentType: type };
}

/** One JSON text, as it was written. It is put into another: a second one would be members. */
export function jsonTextOf(text: unknown): string {
  const whole = unicodeOf(text, 'the text of a value');
  try {
    JSON.parse(whole);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not JSON';
    throw new ArgumentError(`the text of a value is not one JSON text: ${reason}`);
  }
  return whole;
}

export function keyOf(key: unknown): string {
  const text = unicodeOf(key, 'a key');
  if (text === '') throw new ArgumentError('a key has at least one character');
  return text;
}

/** @param what names it in the error */
export function headerTextOf(value: unknown, what: string): string {
  if (typeof value === 'string' && PRINTABLE.test(value)) return value;
  throw new ArgumentError(
    `${what} is printable ASCII, at least one character, not ${shown(value)}`,
  );
}

/** A string without half characters, which UTF-8 cannot hold. */
export function unicodeOf(value: unknown, what: string): string {
  if (typeof value !== 'string')
    throw new ArgumentError(`${what} is a string, not ${shown(value)}`);
  if (value.isWellFormed()) return value;
  throw new ArgumentError(`${what} holds half of a surrogate pair: ${shown(value)}`);
}

/** Milliseconds. */
export function timeoutOf(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw new ArgumentError(`timeoutMilliseconds is a number above 0, not ${shown(value)}`);
}

/** Origins of nodes. */
export function endpointsOf(endpoints: unknown): string[] {
  const list: unknown[] = Array.isArray(endpoints) ? endpoints : [];
  if (list.length === 0)
    throw new ArgumentError('endpoints is a list of at least one http://host:port');
  return list.map((endpoint) => {
    const text = typeof endpoint === 'string' ? endpoint : '';
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol === 'http:' && url.pathname === '/' && url.search === '') return url.origin;
    throw new ArgumentError(`an endpoint is http://host:port, not ${shown(endpoint)}`);
  });
}

function checkJson(value: unknown, path: string, depth: number): void {
  if (depth > DEPTH_MAX) {
    throw new ArgumentError(`the value contains itself, or nests deeper than ${DEPTH_MAX}`);
  }
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return;
  if (typeof value === 'string') {
    unicodeOf(value, path);
    return;
  }
  if (Array.isArray(value)) {
    // By index: holes are not JSON.
    for (let i = 0; i < value.length; i += 1) checkJson(value[i], `${path}[${i}]`, depth + 1);
    return;
  }
  if (!isPlain(value)) throw new ArgumentError(`${path} is not JSON: ${shown(value)}`);
  for (const [name, member] of Object.entries(value)) {
    unicodeOf(name, `a name in ${path}`);
    checkJson(member, `${path}.${name}`, depth + 1);
  }
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const SHOWN_LENGTH_MAX = 60;

/** For messages: short, and never a failure itself. */
function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? 'an array' : `an object${namesOf(value)}`;
  }
  return typeof value === 'string'
    ? JSON.stringify(value.slice(0, SHOWN_LENGTH_MAX))
    : String(value).slice(0, SHOWN_LENGTH_MAX);
}

function namesOf(value: object): string {
  const names = Object.keys(value).join(', ').slice(0, SHOWN_LENGTH_MAX);
  return isPlain(value) ? ` with ${names === '' ? 'no members' : names}` : ` of another kind`;
}
