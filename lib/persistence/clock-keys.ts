/** Stored keys of partition clocks: an entry a writer, so that only what has changed is written. */
import type { Writer } from '../versioning/writer.js';
import { PARTITION_DIGITS, partitionDigits } from './key-digits.js';
import { PREFIX } from './keyspace.js';

/** `c`, four digits of the partition, the writer. */
export function clockKey(partition: number, writer: Writer): string {
  return `${PREFIX.clock}${partitionDigits(partition)}${writer}`;
}

export function parseClockKey(key: string): {
  readonly partition: number;
  readonly writer: Writer;
} {
  const writerAt = PREFIX.clock.length + PARTITION_DIGITS;
  const partition = Number.parseInt(key.slice(PREFIX.clock.length, writerAt), 16);
  return { partition, writer: key.slice(writerAt) };
}
