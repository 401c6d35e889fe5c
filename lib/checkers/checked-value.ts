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

/** FNV-1a, 32 bits, over UTF-16 units: enough to notice what was cut or mixed. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
