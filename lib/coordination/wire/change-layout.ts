/** What a writer wants of a key, in messages of fixed layout. */
import type { LayoutReader, LayoutWriter } from '../../encoding/layout.js';
import type { Change } from '../../replica/intent.js';
import { readFlag, readOneOf, readTime, writeFlag, writeOneOf } from './layout-parts.js';

const STATES = ['value', 'tombstone'] as const;
const TTLS = ['none', 'keep', 'seconds'] as const;

export function writeChange(writer: LayoutWriter, change: Change): void {
  writeOneOf(writer, STATES, change.state);
  if (change.state === 'tombstone') return;
  const { contentType, value, ttlSeconds, expiresAt } = change;
  writer.text(contentType);
  writer.bytes(value);
  const isEnd = ttlSeconds === undefined || ttlSeconds === 'keep';
  writeOneOf(writer, TTLS, isEnd ? (ttlSeconds ?? 'none') : 'seconds');
  if (!isEnd) writer.float(ttlSeconds);
  writeFlag(writer, expiresAt !== undefined);
  if (expiresAt !== undefined) writer.float(expiresAt);
}

export function readChange(reader: LayoutReader): Change {
  const state = readOneOf(reader, STATES);
  if (state === 'tombstone') return { state };
  const contentType = reader.text();
  const value = reader.bytesToKeep();
  const ttl = readOneOf(reader, TTLS);
  const ttlSeconds = ttl === 'seconds' ? readTime(reader) : ttl === 'keep' ? ttl : undefined;
  const expiresAt = readFlag(reader) ? readTime(reader) : undefined;
  return { state, contentType, value, ttlSeconds, expiresAt };
}
