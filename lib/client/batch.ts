/** A batch as it is sent and as it is answered. See docs/http-api.md, Batches. */
import { splitArray } from '../encoding/json-text.js';
import { ArgumentError, keyOf } from './arguments.js';
import { checkOptions, OPERATION_CHECKS } from './check-options.js';
import { toBase64 } from './base64.js';
import { type Fields, fieldsOf, integerField, optionalText, outcomeField } from './fields.js';
import type { Level } from './levels.js';
import type { Problem } from './quorate-error.js';
import type { HttpAnswer } from './transport.js';
import { bodyText, memberTexts, readGet, reading, readProblem, readWrite } from './read-answer.js';
import type { StoredResult } from './read-answer.js';
import type { Batched, BatchRow, StoredValue, Written } from './results.js';
import type { Storable, StorableOf } from './storable.js';
import { storedOf } from './values.js';

interface Addressed {
  readonly key: string;
  /** Undefined: of the batch. */
  readonly level?: Level | undefined;
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
      readonly value: Storable;
      /** Of bytes. */
      readonly contentType?: string | undefined;
      /** Time to live in seconds, or `keep`. */
      readonly ttl?: number | 'keep' | undefined;
    })
  | (Writes & { readonly kind: 'delete' });

/** The operations, where all that they put can be stored. */
export type BatchOf<Operations extends readonly BatchOperationRequest[]> = {
  readonly [Index in keyof Operations]: OperationOf<Operations[Index]>;
};

type OperationOf<Operation> = Operation extends { readonly value: infer Value }
  ? Operation & { readonly value: StorableOf<Value> }
  : Operation;

/**
 * Values as they are: numbers keep their digits.
 * @throws ArgumentError where an operation is none, or a value is not what can be stored: its text
 *   might become further operations
 */
export function batchText(operations: readonly BatchOperationRequest[]): string {
  if (!Array.isArray(operations)) throw new ArgumentError('a batch is a list of operations');
  return `{"operations":[${operations.map(operationText).join(',')}]}`;
}

function operationText(operation: BatchOperationRequest): string {
  const checks = OPERATION_CHECKS[operation?.kind];
  if (checks === undefined) {
    throw new ArgumentError('an operation is of kind get, put or delete');
  }
  checkOptions(operation, checks, `an operation of kind ${operation.kind}`);
  const { kind, key, level, context, ttl, value, contentType, ifMatch, ifNoneMatch } = {
    ...{ context: undefined, ttl: undefined, value: undefined, contentType: undefined },
    ...{ ifMatch: undefined, ifNoneMatch: undefined },
    ...operation,
  };
  const levelText = level === undefined ? undefined : String(level);
  const texts = { level: levelText, context, if_match: ifMatch, if_none_match: ifNoneMatch };
  const members = JSON.stringify({ op: kind, key: keyOf(key), ...texts, ttl });
  if (kind !== 'put') return members;
  return `${members.slice(0, -1)},${valueText(storedOf(value, contentType))}}`;
}

function valueText(value: StoredValue): string {
  if (value.kind === 'json') return `"value":${value.text}`;
  const type = JSON.stringify(value.contentType);
  return `"value_base64":"${toBase64(value.bytes)}","content_type":${type}`;
}

/** @param body as somebody has written it */
export function onlyReads(body: string): boolean {
  // Most bodies that write need not be parsed.
  if (/"(?:put|delete)"/.test(body)) return false;
  const operations = operationsIn(body);
  return operations.length > 0 && operations.every(({ op }) => op === 'get');
}

/** Of a batch, as JSON; none where it is no batch: the node refuses it. */
export function operationsIn(body: string): readonly Fields[] {
  try {
    const { operations } = fieldsOf(JSON.parse(body));
    return Array.isArray(operations) ? operations.map(fieldsOf) : [];
  } catch {
    return [];
  }
}

/** @param body what was asked */
export function readBatch(answer: HttpAnswer, body: string): Batched<BatchRow> | Problem {
  if (answer.status !== 200 && answer.status !== 207) return readProblem(answer);
  return reading(answer, () => {
    const members = new Map(memberTexts(bodyText(answer)));
    const said = splitArray(members.get('results') ?? '');
    if (said === undefined) throw new Error('no results of a batch');
    const rows = answer.isAfterUnknown === true ? openRows(said, body) : said;
    members.set('results', `[${rows.join(',')}]`);
    const text = objectText(members);
    const failed = integerField(fieldsOf(JSON.parse(text)), 'failed');
    return { kind: 'batch', failed, results: rows.map(rowOf), text };
  });
}

/**
 * A write that may be tried again was refused before anybody looked whether an earlier attempt has
 * applied it: what was answered of the operation is final.
 */
function openRows(rows: readonly string[], body: string): readonly string[] {
  const operations = operationsIn(body);
  return rows.map((row, i) => {
    const { retryable } = fieldsOf(JSON.parse(row));
    if (retryable !== true || operations[i]?.['op'] === 'get') return row;
    return objectText(new Map([...memberTexts(row), ['outcome', '"unknown"']]));
  });
}

/** Each member as it was written. */
function objectText(members: ReadonlyMap<string, string>): string {
  const texts = [...members].map(([name, text]) => `${JSON.stringify(name)}:${text}`);
  return `{${texts.join(',')}}`;
}

function rowOf(text: string): BatchRow {
  const fields = fieldsOf(JSON.parse(text));
  const receipt = fieldsOf(fields['receipt'] ?? {});
  const stalenessBound = optionalText(receipt, 'staleness_bound');
  return {
    status: integerField(fields, 'status'),
    code: optionalText(fields, 'code'),
    detail: optionalText(fields, 'detail'),
    outcome: fields['outcome'] === undefined ? 'none' : outcomeField(fields),
    key: optionalText(fields, 'key'),
    version: optionalText(fields, 'version'),
    receipt: {
      level: optionalText(receipt, 'level'),
      replicas: optionalText(receipt, 'replicas'),
      ...(stalenessBound === undefined ? {} : { stalenessBound }),
    },
    text,
  };
}

/** What the single request would have given. */
export function resultOf(
  { status, receipt, text }: BatchRow,
  operation: BatchOperationRequest | undefined,
): StoredResult | Written | Problem {
  const headers: Readonly<Record<string, string | undefined>> = {
    'content-type': 'application/json',
    'x-consistency-achieved': receipt.level,
    'x-replicas': receipt.replicas,
    'x-staleness-bound': receipt.stalenessBound,
    'x-causal-context': optionalText(fieldsOf(JSON.parse(text)), 'context'),
  };
  const header = (name: string): string | undefined => headers[name];
  const answer: HttpAnswer = { kind: 'http', status, header, body: new TextEncoder().encode(text) };
  return operation?.kind === 'get' ? readGet(answer) : readWrite(answer);
}
