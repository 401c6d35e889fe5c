/** What answers to writes under an Idempotency-Key, and to questions about them, say. */
import { z } from 'zod';
import type { OperationAttempt } from '../../lib/checkers/check-operations.js';
import type { HttpAnswer } from './http-answers.js';

/** What somebody says of an operation, or why nobody does. */
export interface Asked {
  /** `done`, `none`, `pending`, `not begun`, `forgotten`, or else the code of a problem. */
  readonly is: string;
  /** Of which key, as clients name it. */
  readonly at?: { readonly namespace: string; readonly key: string } | undefined;
  readonly version?: string | undefined;
}

export interface AnsweredAttempt extends Pick<OperationAttempt, 'outcome' | 'version' | 'answer'> {
  /** The status, and of a problem its code. */
  readonly what: string;
}

const batchShape = z.object({ results: z.array(z.looseObject({ status: z.number() })) });
const writtenShape = z.object({ version: z.string() });
const problemShape = z.object({
  code: z.string(),
  outcome: z.enum(['none', 'unknown']),
  retryable: z.boolean(),
  operation: z.string().optional(),
});
const outcomeShape = z.object({ outcome: z.enum(['none', 'unknown']) });
const reportShape = z.object({
  status: z.enum(['done', 'none', 'pending']),
  namespace: z.string(),
  key: z.string(),
  answer: z.object({ body: z.object({ version: z.string().optional() }) }).optional(),
});
/** What must be the same, however often it is asked. */
const HEADERS = ['x-causal-context', 'x-consistency-achieved', 'x-replicas', 'etag'];

/** @throws Error where an unknown outcome does not name the operation to ask for */
export function attemptBy(id: string, answer: HttpAnswer | undefined): AnsweredAttempt {
  if (answer === undefined) return { outcome: 'open', what: 'no answer' };
  return attemptOf(id, answer.status, jsonOf(answer), textOf(answer));
}

/** Of each write in a batch. @param ids in their order; reads come behind them */
export function attemptByBatch(
  ids: readonly string[],
  answer: HttpAnswer | undefined,
): AnsweredAttempt[] {
  if (answer === undefined) return ids.map(() => ({ outcome: 'open', what: 'no answer' }));
  const { status } = answer;
  if (status !== 200 && status !== 207) {
    // What refuses the batch as a whole comes before its writes, or tells nothing of them.
    const { outcome } = outcomeShape.parse(jsonOf(answer));
    const what = `batch ${status}`;
    return ids.map(() => ({ outcome: outcome === 'none' ? 'nothing' : 'open', what }));
  }
  const { results } = batchShape.parse(jsonOf(answer));
  return ids.map((id, place) => {
    const result = results[place];
    if (result === undefined) throw new Error(`the batch does not answer ${id}`);
    return attemptOf(id, result.status, result, JSON.stringify(result));
  });
}

function attemptOf(id: string, status: number, json: unknown, text: string): AnsweredAttempt {
  if (status === 200) {
    const { version } = writtenShape.parse(json);
    return { outcome: 'applied', version, answer: text, what: '200' };
  }
  const problem = problemShape.safeParse(json);
  // Who refuses a connection says no more.
  if (!problem.success) return { outcome: 'nothing', what: String(status) };
  const { code, outcome, retryable, operation } = problem.data;
  const what = `${status} ${code}`;
  if (outcome === 'unknown') {
    if (operation !== id) throw new Error(`${what} names ${operation}, and not ${id}`);
    return { outcome: 'open', what };
  }
  if (retryable) return { outcome: 'nothing', what };
  return { outcome: 'none', answer: text, what };
}

export function reportedBy(answer: HttpAnswer | undefined): Asked {
  if (answer === undefined) return { is: 'no answer' };
  if (answer.status === 404) return { is: 'not begun' };
  if (answer.status !== 200) {
    const { code } = z.object({ code: z.string() }).parse(jsonOf(answer));
    return { is: code === 'outcome_unknown' ? 'forgotten' : code };
  }
  const { status, namespace, key, answer: answered } = reportShape.parse(jsonOf(answer));
  return { is: status, at: { namespace, key }, version: answered?.body.version };
}

function textOf({ status, headers, body }: HttpAnswer): string {
  const named = HEADERS.map((name) => headers.get(name));
  return [status, ...named, body.toString('utf8')].join(' ');
}

function jsonOf({ body }: HttpAnswer): unknown {
  return JSON.parse(body.toString('utf8'));
}
