/** Stored values on a terminal: plain, in a cell of a table, as a line, as members of JSON. */
import type { StoredValue } from '../lib/client/results.js';

/** As `-o value` has it: a string without its quotes, other JSON as text, bytes as they are. */
export function plainValue(value: StoredValue): string | Uint8Array {
  if (value.kind === 'bytes') return value.bytes;
  const parsed: unknown = value.text.startsWith('"') ? JSON.parse(value.text) : undefined;
  return typeof parsed === 'string' ? parsed : value.text;
}

/** For a cell. */
export function textOfValue(value: StoredValue): string {
  const plain = plainValue(value);
  if (typeof plain === 'string') return plain;
  const { contentType = '' } = value.kind === 'bytes' ? value : {};
  return `(${plain.length} bytes of ${contentType})`;
}

/** Several values on one stream need their ends: a JSON text a line. */
export function lineOfValue(value: StoredValue): string {
  return value.kind === 'json' ? `${value.text}\n` : `${JSON.stringify(base64Of(value))}\n`;
}

/** For `objectText`. */
export function membersOfValue(value: StoredValue): Record<string, string> {
  if (value.kind === 'json') return { value: value.text };
  const { value_base64, content_type } = base64Of(value);
  return {
    value_base64: JSON.stringify(value_base64),
    content_type: JSON.stringify(content_type),
  };
}

function base64Of({ bytes, contentType }: Extract<StoredValue, { readonly kind: 'bytes' }>) {
  return { value_base64: Buffer.from(bytes).toString('base64'), content_type: contentType };
}
