/** Values that a program hands in: what is stored of them, or why nothing can be. */
import { ArgumentError, headerTextOf, jsonTextOf, shown, unicodeOf } from './arguments.js';
import type { StoredValue } from './results.js';

/** JSON that is sent, and kept, as it is written. Made by `rawJson`. */
export class RawJson {
  readonly text: string;
  /** No data of somebody else looks like one by chance. */
  readonly #checked = true;

  /** @throws ArgumentError where it is not one JSON text */
  constructor(text: string) {
    this.text = jsonTextOf(text);
  }

  static is(value: unknown): value is RawJson {
    return typeof value === 'object' && value !== null && #checked in value;
  }
}

/**
 * A JSON text, to be stored as it is written: `put('price', rawJson('1.10'))`.
 * @throws ArgumentError where it is not one JSON text
 */
export function rawJson(text: string): RawJson {
  return new RawJson(text);
}

/** Deeper values are refused; one that contains itself has no end. */
const DEPTH_MAX = 1000;
const JSON_TYPE = /^\s*application\/json\s*(?:;|$)/i;
const BYTES_TYPE = 'application/octet-stream';

/**
 * @param contentType of bytes; undefined: bytes of no known kind
 * @throws ArgumentError where JSON would hold something else than this, or nothing: `undefined`,
 *   `NaN`, a `Date`, a `Map`, a string that is no Unicode
 */
export function storedOf(value: unknown, contentType?: string): StoredValue {
  if (value instanceof Uint8Array) {
    const type = headerTextOf(contentType ?? BYTES_TYPE, 'contentType');
    // Taken for a request in JSON, its members would be options of the write.
    if (JSON_TYPE.test(type)) {
      throw new ArgumentError('JSON is given as a value, or as rawJson(...), not as bytes');
    }
    return { kind: 'bytes', bytes: value, contentType: type };
  }
  if (contentType !== undefined) {
    throw new ArgumentError(`a contentType is of bytes, a Uint8Array, not of ${shown(value)}`);
  }
  return { kind: 'json', text: jsonOf(value) };
}

/** @throws ArgumentError. @returns JSON text; bytes are none */
export function jsonOf(value: unknown): string {
  return RawJson.is(value) ? value.text : written(value, 'the value', 0);
}

function written(value: unknown, path: string, depth: number): string {
  if (depth > DEPTH_MAX) {
    throw new ArgumentError(`the value contains itself, or nests deeper than ${DEPTH_MAX}`);
  }
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') {
    return String(value);
  }
  // JSON holds a minus before 0, though JSON.stringify drops it.
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value === 'string') return JSON.stringify(unicodeOf(value, path));
  if (RawJson.is(value)) return value.text;
  if (Array.isArray(value)) {
    // By index: holes are not JSON.
    const items = Array.from(value, (item, i) => written(item, `${path}[${i}]`, depth + 1));
    return `[${items.join(',')}]`;
  }
  if (!isPlain(value)) throw new ArgumentError(`${path} is not JSON: ${shown(value)}`);
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    throw new ArgumentError(`a name in ${path} is not JSON: ${String(symbol)}`);
  }
  const members = Object.entries(value).map(([name, member]) => {
    const text = JSON.stringify(unicodeOf(name, `a name in ${path}`));
    return `${text}:${written(member, `${path}.${name}`, depth + 1)}`;
  });
  return `{${members.join(',')}}`;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
