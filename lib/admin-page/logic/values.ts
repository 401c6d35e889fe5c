/** Stored values as texts that people can read and compare. */
import type { EncodedValue } from '../key-types.js';
import { writeExact } from './exact-json.js';

/** JSON with indents, texts as they are, other bytes as base64. */
export function valueToText({
  value,
  value_base64: base64,
  content_type: type,
}: EncodedValue): string {
  if (base64 === undefined) return writeExact(value, 2) ?? '';
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  if (type?.startsWith('text/') === true || type?.includes('json') === true) {
    return new TextDecoder().decode(bytes);
  }
  return base64;
}

/** The request that stores a value again as it was, with the same type. */
export function bodyOf(held: EncodedValue): {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: BodyInit;
} {
  const { value, value_base64: base64, content_type: type = 'application/octet-stream' } = held;
  if (base64 === undefined) {
    return { headers: { 'content-type': 'application/json' }, body: writeExact({ value }) ?? '' };
  }
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return { headers: { 'content-type': type, 'x-raw': '1' }, body: bytes };
}
