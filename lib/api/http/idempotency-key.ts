/** `Idempotency-Key`: which operation a write is (draft-ietf-httpapi-idempotency-key-header). */
import { hash64Bytes } from '../../encoding/hash.js';
import type { ResolveRequest } from '../../coordination/request/request.js';
import type { Change } from '../../replica/intent.js';
import { invalid } from './refusals.js';

export const IDEMPOTENCY_KEY_CHARACTERS_MAX = 255;
/** As a string of structured fields, or as it is. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
const SANE = /^[\x21-\x7e]{1,255}$/;

/** @throws OperatingError `invalid_request` */
export function idempotencyKeyOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const quoted = QUOTED.exec(text)?.[1]?.replace(/\\(["\\])/g, '$1');
  const key = quoted ?? text;
  // They are folded where they are part of a path: nobody could ask for the operation.
  if (key === '.' || key === '..') {
    throw invalid('idempotency-key', '"." and ".." cannot be asked for in a path', key);
  }
  if (SANE.test(key) && !(quoted === undefined && key.includes('"'))) return key;
  const message = `it has 1 to ${IDEMPOTENCY_KEY_CHARACTERS_MAX} visible characters, no blanks`;
  throw invalid('idempotency-key', message, header.slice(0, 300));
}

/** The id of a write within a batch. Keys of clients have no blanks. */
export function idInBatch(key: string, place: number): string {
  return `${key} ${place}`;
}

export function isIdInBatch(id: string): boolean {
  return id.includes(' ');
}

/** What distinguishes one request from another, under the same key. */
export function payloadOf(parts: readonly unknown[]): string {
  const bytes = Buffer.from(JSON.stringify(parts), 'utf8');
  return hashOf(bytes);
}

/** For `payloadOf`. */
export function changeParts(change: Change): readonly unknown[] {
  if (change.state === 'tombstone') return [change.state];
  const { state, contentType, value, ttlSeconds } = change;
  return [state, contentType, hashOf(value), ttlSeconds ?? null];
}

/** For `payloadOf`. */
export function resolutionParts(resolution: ResolveRequest['resolution']): readonly unknown[] {
  if (resolution.kind === 'strategy') return [resolution.strategy];
  const { contentType, value } = resolution;
  return ['', contentType, hashOf(value)];
}

function hashOf(bytes: Uint8Array): string {
  return [1n, 2n].map((seed) => hash64Bytes(bytes, seed).toString(36)).join('.');
}
