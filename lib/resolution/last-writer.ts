/** `last-writer`: the value with the latest time; a writer whose clock runs ahead wins. */
import type { Version } from '../versioning/siblings.js';
import type { Resolved } from './strategy.js';
import { byTime } from './strategy.js';

/** The value as it was written, with its own end. */
export function lastWriter(siblings: readonly Version[]): Resolved | undefined {
  const last = byTime(siblings).at(-1);
  if (last === undefined) return undefined;
  const { contentType, value, expiresAt } = last;
  return { contentType, value, expiresAt };
}
