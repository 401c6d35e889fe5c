/** ETags of values: the version, and in JSON a mark of the context beside it (RFC 9110, 8.8). */
import type { Precondition } from '../../coordination/request/request.js';
import { JSON_TYPE } from '../../encoding/json-text.js';
import { invalid } from './refusals.js';

/** Within one tag: version, and what differs by context. */
const MARK = ':';
const TAGS_MAX = 64;
const TAG = /^(W\/)?"([\x21\x23-\x7e]*)"$/;

/**
 * A strong validator means the same bytes, and the context in the body may differ where the version
 * does not. A context begins with its seal: six bytes that change with it.
 */
export function jsonTag(version: string, context: string | undefined): string {
  return `"${version}${MARK}${context === undefined ? '' : context.slice(0, 8)}"`;
}

export function bytesTag(version: string): string {
  return `"${version}"`;
}

/** Of the value as a GET gives it, unless that asks for JSON. */
export function tagOf(version: string, contentType: string, context: string | undefined): string {
  return contentType === JSON_TYPE ? jsonTag(version, context) : bytesTag(version);
}

/**
 * What the headers of a write say of the value that is there. A tag stands for its version, in
 * whatever representation; a weak one for none.
 * @throws OperatingError `invalid_request`
 */
export function preconditionOf(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
): Precondition | undefined {
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== '*') {
      throw invalid(
        'if-none-match',
        'If-None-Match of a write is *: no value is there',
        ifNoneMatch,
      );
    }
    if (ifMatch === undefined) return { is: 'absent' };
    throw invalid('if-match', 'If-Match and If-None-Match: * exclude each other', ifMatch);
  }
  return ifMatch === undefined ? undefined : matchOf(ifMatch, 'if-match');
}

/** @param field of the request, for the refusal */
export function matchOf(text: string, field: string): Precondition {
  if (text.trim() === '*') return { is: 'present' };
  const tags = text.split(',').map((tag) => TAG.exec(tag.trim()));
  if (tags.length > TAGS_MAX) throw invalid(field, `a list has at most ${TAGS_MAX} ETags`);
  const versions: string[] = [];
  for (const tag of tags) {
    if (tag === null) throw invalid(field, 'that is no ETag: it stands in double quotes', text);
    const [, weak, opaque = ''] = tag;
    const end = opaque.indexOf(MARK);
    if (weak === undefined) versions.push(end < 0 ? opaque : opaque.slice(0, end));
  }
  return { is: 'version', versions };
}
