/** A batch as it is sent and as it is answered. See docs/http-api.md, Batches. */
import { z } from 'zod';
import { jsonMembers, splitArray } from '../encoding/json-text.js';
import { ArgumentError, headerTextOf, keyOf, storedOf } from './arguments.js';
import type { HttpAnswer } from './http-exchange.js';
import { readGet, reading, readProblem, readWrite, bodyText } from './read-answer.js';
import type { Batched, BatchRow, GetResult, Problem, StoredValue, WriteResult } from './results.js';

interface Addressed {
  readonly key: string;
  /** Undefined: of the batch. */
  readonly level?: string | undefined;
}

interface Writes extends Addressed {
  /** Of the read that this write answers; undefined: replace what is there. */
  readonly context?: string | undefined;
  /** ETags or versions, in double quotes; implies `strong`. */
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: '*' | undefined;
}

export type BatchOperationRequest =
  | (Addressed & { readonly kind: 'get' })
  | (Writes & {
      readonly kind: 'put';
      readonly value: StoredValue;
      /** Time to live in seconds, or `keep`. */
      readonly ttl?: number | 'keep' | undefined;
    })
  | (Writes & { readonly kind: 'delete' });

const receiptShape = z.looseObject({ level: z.string(), replicas: z.string() });
const rowShape = z.looseObject({
  status: z.int(),
  code: z.string().optional(),
  detail: z.string().optional(),
  outcome: z.enum(['none', 'unknown']).default('none'),
  key: z.string().optional(),
  version: z.string().optional(),
  context: z.string().optional(),
  receipt: receiptShape.optional(),
});
const answerShape = z.looseObject({ failed: z.int(), results: z.array(rowShape) });

/**
 * Values as they are: numbers keep their digits.
 * @throws ArgumentError where an operation is none, or the text of a value no JSON: it might become
 *   further operations
 */
export function batchText(operations: readonly BatchOperationRequest[]): string {
  if (!Array.isArray(operations)) throw new ArgumentError('a batch is a list of operations');
  return `{"operations":[${operations.map(operationText).join(',')}]}`;
}

const KINDS: ReadonlySet<unknown> = new Set(['get', 'put', 'delete']);

function operationText(operation: BatchOperationRequest): string {
  const { kind, key, level, context, ttl, value, ifMatch, ifNoneMatch } = {
    ...{ context: undefined, ttl: undefined, value: undefined },
    ...{ ifMatch: undefined, ifNoneMatch: undefined },
    ...operation,
  };
  if (!KINDS.has(kind)) throw new ArgumentError('an operation is of kind get, put or delete');
  const texts = { level, context, if_match: ifMatch, if_none_match: ifNoneMatch };
  for (const [name, text] of Object.entries(texts)) {
    if (text !== undefined) headerTextOf(text, name);
  }
  const members = JSON.stringify({ op: kind, key: keyOf(key), ...texts, ttl });
  if (kind !== 'put') return members;
  return `${members.slice(0, -1)},${valueText(storedOf(value))}}`;
}

function valueText(value: StoredValue): string {
  if (value.kind === 'json') return `"value":${value.text}`;
  const base64 = Buffer.from(value.bytes).toString('base64');
  return `"value_base64":"${base64}","content_type":${JSON.stringify(value.contentType)}`;
}

export function readBatch(answer: HttpAnswer): Batched<BatchRow> | Problem {
  if (answer.status !== 200 && answer.status !== 207) return readProblem(answer);
  return reading(answer, () => {
    const text = bodyText(answer);
    const { failed, results } = answerShape.parse(JSON.parse(text));
    const split = jsonMembers(text);
    const members = split.kind === 'object' ? split.members : new Map<string, string>();
    const texts = splitArray(members.get('results') ?? '') ?? [];
    const rows = results.map((row, i) => rowOf(row, texts[i] ?? ''));
    return { kind: 'batch', failed, results: rows, text };
  });
}

function rowOf(row: z.infer<typeof rowShape>, text: string): BatchRow {
  const { status, code, detail, outcome, key, version, receipt } = row;
  const { level, replicas } = receipt ?? {};
  return { status, code, detail, outcome, key, version, receipt: { level, replicas }, text };
}

/** What the single request would have given. */
export function resultOf(
  { status, receipt, text }: BatchRow,
  operation: BatchOperationRequest | undefined,
): GetResult | WriteResult {
  const headers: Readonly<Record<string, string | undefined>> = {
    'content-type': 'application/json',
    'x-consistency-achieved': receipt.level,
    'x-replicas': receipt.replicas,
    'x-causal-context': rowShape.parse(JSON.parse(text)).context,
  };
  const header = (name: string): string | undefined => headers[name];
  const answer: HttpAnswer = { kind: 'http', status, header, body: new TextEncoder().encode(text) };
  return operation?.kind === 'get' ? readGet(answer) : readWrite(answer);
}
