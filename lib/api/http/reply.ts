/** What is answered to a request, and how it leaves: one head and one body in one write. */
import type { ServerResponse } from 'node:http';
import { JSON_TYPE } from '../../encoding/json-text.js';

/**
 * The body as a string of which each character is one byte (`latin1`): the socket then gets head
 * and body as one string, and stored bytes need no decoding. Or bytes, where there are many.
 */
export type HttpReplyBody = string | Uint8Array;

export interface HttpReply {
  readonly status: number;
  /** Name, value, name, value, ... `Content-Length` and `X-Request-Id` are added. */
  readonly headers: string[];
  readonly body: HttpReplyBody;
  /** For metrics: `ok`, or the code of a problem. */
  readonly result: string;
}

/** Text as a string of its UTF-8 bytes. */
export function byteText(text: string): string {
  for (let i = 0; i < text.length; i += 1) {
    if (text.charCodeAt(i) > 0x7f) return Buffer.from(text, 'utf8').toString('latin1');
  }
  return text;
}

/** Bytes as a string of one character each. */
export function bytesAsText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** About what the head of an answer takes. */
const HEAD_BYTES = 512;

/** What it takes until it has left. */
export function bytesOf({ body }: HttpReply): number {
  return HEAD_BYTES + body.length;
}

const JSON_TYPES: ReadonlySet<string> = new Set([JSON_TYPE, 'application/problem+json']);

/**
 * JSON ends with a line, so that the prompt of a shell begins on the next one. What is bytes was
 * made so: it is not copied again.
 */
export function lineEnded(reply: HttpReply): HttpReply {
  const { status, headers, body, result } = reply;
  const [, type = ''] = headers;
  if (typeof body !== 'string' || body === '' || !JSON_TYPES.has(type)) return reply;
  return body.endsWith('\n') ? reply : { status, headers, body: `${body}\n`, result };
}

/** The same, and the connection ends with it. */
export function closing(reply: HttpReply): HttpReply {
  return { ...reply, headers: [...reply.headers, 'Connection', 'close'] };
}

/** Throws, with nothing sent, where a header cannot be. */
export function writeHead(response: ServerResponse, reply: HttpReply, requestId: string): void {
  const { status, headers, body } = reply;
  // A 304 has no body, and must not name another length than the 200 that it stands for.
  if (status !== 304) headers.push('Content-Length', String(body.length));
  headers.push('X-Request-Id', requestId);
  response.writeHead(status, headers);
}

/** Behind its head. `HEAD` gets the same head without the body. */
export function endReply(
  response: ServerResponse,
  { status, body }: HttpReply,
  headOnly: boolean,
): void {
  if (headOnly || status === 304) response.end();
  else if (typeof body === 'string') response.end(body, 'latin1');
  else response.end(body);
}
