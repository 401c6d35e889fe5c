/** Values that bear key, sequence and checksum, so that none can pass for another. */
import { crc32 } from 'node:zlib';

const PATTERN = /^([^|]*)\|(\d{1,15})\|([0-9a-f]{8})\|(x*)$/;

/** At least `bytes` long. `sequence` counts the writes of one key. */
export function stressValue(key: string, sequence: number, bytes: number): string {
  const head = `${key}|${sequence}|`;
  const padding = 'x'.repeat(Math.max(0, bytes - head.length - 9));
  return `${head}${checksum(head, padding)}|${padding}`;
}

/** The sequence of a value of this key; undefined where it is torn, or of another key. */
export function sequenceOf(value: unknown, key: string): number | undefined {
  const found = typeof value === 'string' ? PATTERN.exec(value) : null;
  if (found === null || found[1] !== key) return undefined;
  const [, , sequence = '', sum, padding = ''] = found;
  return checksum(`${key}|${sequence}|`, padding) === sum ? Number(sequence) : undefined;
}

function checksum(head: string, padding: string): string {
  return crc32(padding, crc32(head)).toString(16).padStart(8, '0');
}
