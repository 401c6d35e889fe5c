/** Values that can be recognised: each carries its key, the write that it is of, and a checksum. */

export interface CheckedValue {
  readonly key: string;
  readonly writeId: string;
}

const SEPARATOR = '\u001f';

/** @param filler makes values longer; any text without U+001F */
export function writeValue({ key, writeId }: CheckedValue, filler = ''): string {
  const body = [key, writeId, filler].join(SEPARATOR);
  return `${body}${SEPARATOR}${checksum(body)}`;
}

/** Undefined where this is no whole value that `writeValue` made. */
export function readValue(value: string): CheckedValue | undefined {
  const end = value.lastIndexOf(SEPARATOR);
  const body = value.slice(0, Math.max(0, end));
  const [key, writeId, filler, ...rest] = body.split(SEPARATOR);
  if (key === undefined || writeId === undefined || filler === undefined || rest.length > 0) {
    return undefined;
  }
  return value.slice(end + 1) === checksum(body) ? { key, writeId } : undefined;
}

/**
 * How a value is written down: as plain text, or as JSON, so that the strategies which resolve
 * siblings have something to resolve.
 */
export type ValueShape = 'text' | 'string' | 'array' | 'object' | 'number';

/** So much of a number is its checksum; the rest is the number of the write. */
const CHECKSUM_RANGE = 1_000_000;
const WRITE_ID = /^w([0-9]{1,9})$/;

/** @param checked of a number, `writeId` is `w` and digits; a number has no filler */
export function shapedValue(checked: CheckedValue, shape: ValueShape, filler = ''): string {
  const text = writeValue(checked, filler);
  if (shape === 'text') return text;
  if (shape === 'string') return JSON.stringify(text);
  if (shape === 'array') return JSON.stringify([text]);
  if (shape === 'object') return JSON.stringify({ [checked.writeId]: text });
  return String(numberOf(checked) ?? JSON.stringify(text));
}

/**
 * What a value in any of the shapes is made of: one write, or, where a strategy has resolved
 * siblings, some. Undefined where it is not whole.
 * @param key that it was found under: numbers have no room for it, and their checksum shows it
 */
export function readParts(value: string, key: string): CheckedValue[] | undefined {
  if (!/^[["{0-9]/.test(value)) return partsOf([value]);
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch {
    return partsOf([value]);
  }
  if (typeof json === 'number') {
    const checked = { key, writeId: `w${Math.floor(json / CHECKSUM_RANGE)}` };
    return numberOf(checked) === json ? [checked] : undefined;
  }
  return partsOf(typeof json === 'object' && json !== null ? Object.values(json) : [json]);
}

function partsOf(texts: readonly unknown[]): CheckedValue[] | undefined {
  const parts: CheckedValue[] = [];
  for (const text of texts) {
    const part = typeof text === 'string' ? readValue(text) : undefined;
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return parts.length > 0 ? parts : undefined;
}

function numberOf({ key, writeId }: CheckedValue): number | undefined {
  const digits = WRITE_ID.exec(writeId)?.[1];
  if (digits === undefined) return undefined;
  const sum = Number.parseInt(checksum(`${key}${SEPARATOR}${writeId}`), 16) % CHECKSUM_RANGE;
  return Number(digits) * CHECKSUM_RANGE + sum;
}

/** FNV-1a, 32 bits, over UTF-16 units: enough to notice what was cut or mixed. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
