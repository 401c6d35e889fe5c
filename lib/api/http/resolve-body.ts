/** What a request to resolve wants: the context that was shown, and a strategy or a value. */
import type { ResolveRequest } from '../../coordination/request/request.js';
import { JSON_TYPE } from '../../encoding/json-text.js';
import { checkJsonType } from './media-type.js';
import {
  agreed,
  checkMembers,
  contextMember,
  jsonValueOf,
  membersOf,
  type PutBodyLimits,
} from './put-body.js';
import { checkEncoding } from './read-body.js';
import { invalid } from './refusals.js';
import type { RequestHeaders } from './request-headers.js';

const MEMBERS = ['context', 'strategy', 'value'];

/** @throws OperatingError `unsupported_media_type`, `invalid_request`: before the body is read */
export function checkResolveHeaders(headers: RequestHeaders): void {
  const { contentType, contentEncoding, ttl, raw, ifMatch, ifNoneMatch } = headers;
  checkJsonType(contentType);
  checkEncoding(contentEncoding);
  for (const [name, value] of Object.entries({
    'x-ttl': ttl,
    'x-raw': raw,
    'if-match': ifMatch,
    'if-none-match': ifNoneMatch,
  })) {
    if (value !== undefined) throw invalid(name, `${name} does not go with a resolution`, value);
  }
}

/** @throws OperatingError `invalid_request`, `invalid_context`, `value_too_large` */
export function resolveBody(
  bytes: Buffer,
  headers: RequestHeaders,
  limits: PutBodyLimits,
): Pick<ResolveRequest, 'context' | 'resolution'> {
  const members = membersOf(bytes);
  checkMembers(members, MEMBERS);
  const context = agreed('context', contextMember(members.get('context')), headers.context);
  if (context === undefined) throw invalid('context', 'name what you have seen: "context"');
  const strategy = members.get('strategy');
  const value = members.get('value');
  if (value !== undefined && strategy === undefined) {
    const resolution = {
      kind: 'value',
      contentType: JSON_TYPE,
      value: jsonValueOf(value, limits),
    } as const;
    return { context, resolution };
  }
  const name: unknown = value === undefined ? JSON.parse(strategy ?? 'null') : undefined;
  if (typeof name === 'string')
    return { context, resolution: { kind: 'strategy', strategy: name } };
  throw invalid('strategy', 'give a "strategy", which is a string, or a "value", and not both');
}
