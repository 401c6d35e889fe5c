/** `X-Explain: 1` and `?explain=1`: the answer says how it came about (docs/http-api.md). */
import { Explanation, EXPLANATION_BYTES_MAX } from '../../coordination/request/explanation.js';
import { JSON_TYPE } from '../../encoding/json-text.js';
import type { ApiWorld } from '../api-world.js';
import { invalid } from './refusals.js';
import { byteText, type HttpReply } from './reply.js';
import type { RequestHeaders } from './request-headers.js';

/** Of an exchange (exchange.ts). */
interface Explainable {
  url: string;
  readonly headers: RequestHeaders;
  readonly headOnly: boolean;
  readonly kind: { readonly reads: boolean; readonly explains?: true };
}

const PARAMETER = 'explain=';
/** Of the answer of a batch. */
const SHARE_OF_EXPLANATIONS = 0.5;

/**
 * Undefined where it is not asked for. Takes the parameter off the query: no part of the request
 * knows it.
 * @throws OperatingError `invalid_request`: another value than 1, or an answer without a body
 */
export function explanationOf(
  exchange: Explainable,
  { node, clock }: Pick<ApiWorld, 'node' | 'clock'>,
): Explanation | undefined {
  const { headers, kind } = exchange;
  if (headers.explain === undefined && !exchange.url.includes(PARAMETER)) return undefined;
  if (kind.explains !== true || !isAsked(exchange)) return undefined;
  if (exchange.headOnly) throw invalid('explain', 'HEAD has no body to explain in: send a GET');
  if (kind.reads) {
    if (headers.ifNoneMatch !== undefined) {
      throw invalid('explain', 'a 304 has no body to explain in: leave out If-None-Match');
    }
    // What is stored as bytes comes within JSON, which has room for more.
    headers.accept = JSON_TYPE;
  }
  return new Explanation(node.id, () => clock.monotonicMilliseconds());
}

/** Of one of so many operations, where the request asks: they share the room of the answer. */
export function explanationOfOne(
  { explanation }: { readonly explanation: Explanation | undefined },
  { node, clock, limits }: Pick<ApiWorld, 'node' | 'clock' | 'limits'>,
  operations: number,
): Explanation | undefined {
  if (explanation === undefined) return undefined;
  const share = Math.floor((SHARE_OF_EXPLANATIONS * limits.batchBytesMax) / operations);
  const bytesMax = Math.min(share, EXPLANATION_BYTES_MAX);
  return new Explanation(node.id, () => clock.monotonicMilliseconds(), bytesMax);
}

function isAsked(exchange: Explainable): boolean {
  const { url, headers } = exchange;
  if (headers.explain !== undefined) checkOne(headers.explain, 'x-explain');
  const start = url.indexOf('?') + 1;
  if (start === 0) return headers.explain !== undefined;
  const parts = url.slice(start).split('&');
  const asked = parts.filter((part) => part.startsWith(PARAMETER));
  if (asked.length > 1) throw invalid('explain', 'the parameter "explain" is there twice');
  const [one] = asked;
  if (one === undefined) return headers.explain !== undefined;
  checkOne(one.slice(PARAMETER.length), 'explain');
  const others = parts.filter((part) => part !== one).join('&');
  exchange.url = url.slice(0, start - (others === '' ? 1 : 0)) + others;
  return true;
}

function checkOne(value: string, field: string): void {
  if (value !== '1') throw invalid(field, `"${field}" is 1 or absent`, value);
}

/** The reply, with one more member at its end: all bodies of answers are JSON objects. */
export function withExplanation(reply: HttpReply, explanation: Explanation | undefined): HttpReply {
  if (explanation === undefined) return reply;
  const { status, headers, body, result } = reply;
  const member = `,"explain":${byteText(explanation.text)}}`;
  if (typeof body === 'string') {
    const last = body.lastIndexOf('}');
    if (last < 0) return reply;
    return { status, headers, body: body.slice(0, last) + member, result };
  }
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const before = bytes.subarray(0, bytes.lastIndexOf('}'));
  const after = Buffer.from(`${member}\n`, 'latin1');
  return { status, headers, body: Buffer.concat([before, after]), result };
}
