/** Bodies of control requests: JSON, small, and of the shape that the route asks for. */
import type { z } from 'zod';
import { jsonMembers } from '../../encoding/json-text.js';
import { shapedBy } from '../../encoding/shaped.js';
import { OperatingError } from '../../errors.js';
import type { HttpExchange, HttpExchanges } from '../http/exchange.js';
import { checkJsonType } from '../http/media-type.js';
import { checkEncoding, readBody } from '../http/read-body.js';
import { invalid } from '../http/refusals.js';

const BODY_BYTES_MAX = 64 * 1024;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * @throws OperatingError `unsupported_media_type` unless it says `application/json`, which a page
 * of another origin cannot send unasked; `invalid_request`, naming the field
 */
export async function controlBody(
  exchange: HttpExchange,
  shape: z.ZodType,
  { admission, turns }: HttpExchanges,
): Promise<unknown> {
  const { contentType, contentEncoding } = exchange.headers;
  checkJsonType(contentType);
  checkEncoding(contentEncoding);
  const limits = { bytesMax: BODY_BYTES_MAX, admission, turns };
  return readBody(exchange, limits, (bytes) => shapeOf(objectOf(bytes), shape));
}

function objectOf(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = strictUtf8.decode(bytes);
  } catch {
    throw invalid('body', 'the body is not UTF-8');
  }
  const found = jsonMembers(text);
  if (found.kind === 'broken') throw invalid('body', `the body is not JSON: ${found.reason}`);
  if (found.kind === 'other') throw invalid('body', 'the body is not an object');
  if (found.kind === 'duplicate') {
    throw invalid(found.name, `the member "${found.name}" is there twice`);
  }
  const parsed = JSON.parse(text) as object;
  // Of no shape, and passed over by those that take any member.
  if (Object.hasOwn(parsed, '__proto__')) {
    throw invalid('__proto__', 'there is no member "__proto__"');
  }
  return parsed;
}

function shapeOf(value: unknown, shape: z.ZodType): unknown {
  const shaped = shapedBy(shape, value);
  if ('value' in shaped) return shaped.value;
  const problems = shaped.problems.map((one) => ({ ...one, field: one.field || 'body' }));
  const [{ field, message } = { field: 'body', message: '' }] = problems;
  throw new OperatingError('invalid_request', `${field}: ${message}`, {
    details: { field, problems },
  });
}
