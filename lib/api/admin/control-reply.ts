/** Replies of control routes: JSON, text, and the tags that go with them. */
import { JSON_TYPE } from '../../encoding/json-text.js';
import { GUARD_HEADERS } from '../http/problem.js';
import { invalid } from '../http/refusals.js';
import { byteText, type HttpReply } from '../http/reply.js';

/** @param headers name, value, name, value, ... besides type and guards */
export function jsonReply(value: unknown, headers: readonly string[] = []): HttpReply {
  return textReply(`${JSON.stringify(value)}\n`, JSON_TYPE, headers);
}

export function textReply(text: string, type: string, headers: readonly string[] = []): HttpReply {
  return {
    status: 200,
    headers: ['Content-Type', type, ...GUARD_HEADERS, ...headers],
    body: byteText(text),
    result: 'ok',
  };
}

/** Leads a browser, or `curl -L`, to another path of this node. */
export function seeOther(path: string): HttpReply {
  const headers = [...GUARD_HEADERS, 'Location', path, 'Vary', 'Accept'];
  return { status: 302, headers, body: '', result: 'ok' };
}

export function noContent(): HttpReply {
  return { status: 204, headers: [...GUARD_HEADERS], body: '', result: 'ok' };
}

/** The version that an If-Match names; undefined where there is none, or `*`. */
export function versionOfTag(ifMatch: string | undefined): string | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const version = /^"([^"]+)"$/.exec(ifMatch.trim())?.[1];
  if (version === undefined) throw invalid('if-match', 'If-Match is one strong tag, or *', ifMatch);
  return version;
}
