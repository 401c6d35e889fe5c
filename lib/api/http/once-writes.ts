/** Writes under an `Idempotency-Key`: applied once, and answered alike (docs/idempotency.md). */
import type { Once } from '../../consensus/once.js';
import type { OperationAnswer } from '../../coordination/operation/operation-record.js';
import type {
  OperationCourse,
  SessionAsked,
} from '../../coordination/operation/operation-request.js';
import type { PutAnswer, Receipt } from '../../coordination/request/request.js';
import type { OperatingError } from '../../errors.js';
import type { SessionToken } from '../../versioning/session-token.js';
import type { ApiNode } from '../api-node.js';
import { withSession } from './answer-headers.js';
import type { HttpExchange } from './exchange.js';
import { payloadOf } from './idempotency-key.js';
import { problemReply } from './problem.js';
import { putAnswer } from './put-answer.js';
import { bytesAsText, type HttpReply } from './reply.js';
import type { WriteRequestOptions } from './request-options.js';

/** What differs between the attempts of a write. */
export interface OnceOptions {
  readonly once: Once;
  readonly begunIn: string;
  readonly timeoutMilliseconds: number;
}

interface OnceWrite {
  readonly id: string;
  readonly payload: string;
  readonly namespace: string;
  readonly key: string;
  readonly timeoutMilliseconds: number | undefined;
  readonly asked: SessionAsked;
  readonly perform: (how: OnceOptions) => PutAnswer | Promise<PutAnswer>;
  /** As it is stored: without a session token, which is of one attempt alone. */
  readonly reply: (answer: PutAnswer) => HttpReply;
  readonly problem: (error: OperatingError) => HttpReply;
}

/** What a write of one key is made of, besides its headers. */
interface WriteUnderKey extends Pick<OnceWrite, 'key' | 'asked' | 'reply' | 'perform'> {
  /** What else distinguishes it from another request. */
  readonly parts: readonly unknown[];
}

/** @param options `idempotencyKey` is there */
export async function writeUnderKey(
  node: Pick<ApiNode, 'operations' | 'coordination'>,
  { namespace, requestId, request: { method } }: HttpExchange,
  options: WriteRequestOptions,
  { key, parts, asked, reply, perform }: WriteUnderKey,
): Promise<HttpReply> {
  const { idempotencyKey: id = '', level, fallbacks, durability, precondition } = options;
  const { timeoutMilliseconds } = options;
  const said = [level ?? null, fallbacks, durability ?? null, precondition ?? null];
  const payload = payloadOf([method, namespace, key, ...said, ...parts]);
  const named = { id, payload, namespace, key, timeoutMilliseconds };
  const problem = (error: OperatingError): HttpReply => problemReply(error, requestId);
  const once = await writeOnce(node, { ...named, asked, reply, problem, perform });
  const tokens = once.session === undefined ? [] : [once.session];
  return withSession(once.reply, node.coordination, tokens);
}

/**
 * The first answer, whoever asks again; what was answered before says so. Beside it what the client
 * of this attempt has seen by now.
 */
export async function writeOnce(
  { operations }: Pick<ApiNode, 'operations'>,
  write: OnceWrite,
): Promise<{ readonly reply: HttpReply; readonly session: SessionToken | undefined }> {
  const { id, payload, namespace, key, timeoutMilliseconds, asked } = write;
  const course: OperationCourse = {
    ...courseOf(write),
    perform: async (once, begunIn, timeoutMilliseconds) => {
      const answer = await write.perform({ once, begunIn, timeoutMilliseconds });
      return stored(write.reply(answer), answer.version);
    },
  };
  const request = { id, payload, namespace, key, timeoutMilliseconds, asked };
  const { answer, isAgain, session } = await operations.run(request, course);
  const { status, headers, body, result } = answer;
  const again = isAgain ? ['Idempotent-Replayed', 'true'] : [];
  const said = [...headers, 'X-Operation-Id', id, ...again];
  return { reply: { status, headers: said, body, result }, session };
}

/**
 * Of an operation that nobody carries out any more: its answer, as it would have been.
 * @param shape the answer alone, or as a result of a batch
 */
export function courseOfEnded(
  key: string,
  requestId: string,
  shape: (reply: HttpReply, receipt: Receipt | undefined) => HttpReply,
): OperationCourse {
  return courseOf({
    reply: (answer) => shape(putAnswer(answer, key), answer.receipt),
    problem: (error) => shape(problemReply(error, requestId), undefined),
  });
}

function courseOf({ reply, problem }: Pick<OnceWrite, 'reply' | 'problem'>): OperationCourse {
  return {
    perform: () => Promise.reject(new Error('Invariant broken: it is carried out by its request')),
    written: (answer) => stored(reply(answer), answer.version),
    refused: (error) => stored(problem(error), undefined),
  };
}

function stored(
  { status, headers, body, result }: HttpReply,
  version: string | undefined,
): OperationAnswer {
  const text = typeof body === 'string' ? body : bytesAsText(body);
  return { status, headers, body: text, result, version };
}
