/** Writes under an `Idempotency-Key`: applied once, and answered alike (docs/idempotency.md). */
import type { Once } from '../../consensus/once.js';
import type { OperationAnswer } from '../../coordination/operation/operation-record.js';
import type { OperationCourse } from '../../coordination/operation/operation-request.js';
import type { PutAnswer, Receipt } from '../../coordination/request/request.js';
import type { OperatingError } from '../../errors.js';
import type { ApiNode } from '../api-node.js';
import type { HttpExchange } from './exchange.js';
import { payloadOf } from './idempotency-key.js';
import { problemReply } from './problem.js';
import { putAnswer } from './put-answer.js';
import { bytesAsText, type HttpReply } from './reply.js';
import type { WriteRequestOptions } from './request-options.js';

/** What differs between the attempts of a write. */
export interface OnceOptions {
  readonly once: Once;
  readonly timeoutMilliseconds: number;
}

interface OnceWrite {
  readonly id: string;
  readonly payload: string;
  readonly namespace: string;
  readonly key: string;
  readonly timeoutMilliseconds: number | undefined;
  readonly perform: (how: OnceOptions) => PutAnswer | Promise<PutAnswer>;
  readonly reply: (answer: PutAnswer) => HttpReply;
  readonly problem: (error: OperatingError) => HttpReply;
}

/** What a write of one key is made of, besides its headers. */
interface WriteUnderKey extends Pick<OnceWrite, 'key' | 'reply' | 'perform'> {
  /** What else distinguishes it from another request. */
  readonly parts: readonly unknown[];
}

/** @param options `idempotencyKey` is there */
export function writeUnderKey(
  node: Pick<ApiNode, 'operations'>,
  { namespace, requestId, request: { method } }: HttpExchange,
  options: WriteRequestOptions,
  { key, parts, reply, perform }: WriteUnderKey,
): Promise<HttpReply> {
  const { idempotencyKey: id = '', level, fallbacks, durability, precondition } = options;
  const { timeoutMilliseconds } = options;
  const said = [level ?? null, fallbacks, durability ?? null, precondition ?? null];
  const payload = payloadOf([method, namespace, key, ...said, ...parts]);
  const named = { id, payload, namespace, key, timeoutMilliseconds };
  const problem = (error: OperatingError): HttpReply => problemReply(error, requestId);
  return writeOnce(node, { ...named, reply, problem, perform });
}

/** The first answer, whoever asks again; what was answered before says so. */
export async function writeOnce(
  { operations }: Pick<ApiNode, 'operations'>,
  write: OnceWrite,
): Promise<HttpReply> {
  const { id, payload, namespace, key, timeoutMilliseconds } = write;
  const course: OperationCourse = {
    ...courseOf(write),
    perform: async (once, timeoutMilliseconds) => {
      const answer = await write.perform({ once, timeoutMilliseconds: timeoutMilliseconds });
      return stored(write.reply(answer), true);
    },
  };
  const request = { id, payload, namespace, key, timeoutMilliseconds };
  const { answer, isAgain } = await operations.run(request, course);
  const { status, headers, body, result } = answer;
  const again = isAgain ? ['Idempotent-Replayed', 'true'] : [];
  return { status, headers: [...headers, 'X-Operation-Id', id, ...again], body, result };
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
    written: (answer) => stored(reply(answer), true),
    refused: (error) => stored(problem(error), false),
  };
}

function stored({ status, headers, body, result }: HttpReply, applied: boolean): OperationAnswer {
  const text = typeof body === 'string' ? body : bytesAsText(body);
  return { status, headers, body: text, result, applied };
}
