/** Answers of a node, read and checked: what came over the network becomes a typed result. */
import { JSON_TYPE, jsonMembers, splitArray, splitObject } from '../encoding/json-text.js';
import { fromBase64 } from './base64.js';
import { booleanField, type Fields, fieldsOf, optionalText, outcomeField } from './fields.js';
import { textField, textsField } from './fields.js';
import { explanationIn } from './explanation.js';
import { ownProblem, type Problem } from './quorate-error.js';
import type { HttpAnswer } from './transport.js';
import type {
  Answered,
  ClientReceipt,
  NotFound,
  StoredConflict,
  StoredFound,
  StoredPreview,
  StoredSibling,
  StoredValue,
  Written,
} from './results.js';

/** What an answer must be: throws where it is not. A schema of zod is one. */
export interface Shape<Content = unknown> {
  parse(value: unknown): Content;
}

export type StoredResult = StoredFound | StoredConflict | NotFound;

/** Members that every problem has, and those that stand elsewhere in a result. */
const COMMON: ReadonlySet<string> = new Set([
  ...['type', 'title', 'status', 'detail', 'code', 'retryable', 'outcome', 'request_id'],
]);

export function readGet(answer: HttpAnswer): StoredResult | Problem {
  if (answer.status === 200) return reading(answer, readFound);
  const problem = readProblem(answer);
  const receipt = receiptOf(answer);
  if (problem.code === 'not_found' && receipt.level !== undefined) {
    const context = answer.header('x-causal-context') ?? optionalText(problem.details, 'context');
    return reading(answer, () => {
      return { kind: 'not-found', context, receipt: explained(receipt, problem.details) };
    });
  }
  return problem.code === 'siblings' ? reading(answer, readConflict) : problem;
}

export function readWrite(answer: HttpAnswer): Written | Problem {
  if (answer.status !== 200) return readProblem(answer);
  return reading(answer, () => {
    const fields = fieldsOf(JSON.parse(bodyText(answer)));
    return {
      ...{ kind: 'written', version: textField(fields, 'version') },
      ...{ context: textField(fields, 'context'), replaced: textsField(fields, 'replaced') },
      ...{ beside: textsField(fields, 'beside'), receipt: explained(receiptOf(answer), fields) },
    };
  });
}

export function readPreview(answer: HttpAnswer): StoredPreview | Problem {
  if (answer.status !== 200) return readProblem(answer);
  return reading(answer, () => {
    const text = bodyText(answer);
    const fields = fieldsOf(JSON.parse(text));
    const replaced = textsField(fields, 'replaced');
    return { kind: 'preview', stored: storedIn(text, fields), replaced };
  });
}

export function readControl<Wanted extends Shape>(
  answer: HttpAnswer,
  shape: Wanted,
): Answered<ReturnType<Wanted['parse']>> | Problem {
  if (answer.status !== 200) return readProblem(answer);
  return reading(answer, () => {
    const text = bodyText(answer);
    const content = shape.parse(JSON.parse(text)) as ReturnType<Wanted['parse']>;
    return { kind: 'answer', content, text };
  });
}

function readFound(answer: HttpAnswer): StoredFound {
  const receipt = receiptOf(answer);
  const contentType = answer.header('content-type') ?? '';
  if (contentType !== JSON_TYPE) {
    const [version, writtenAt] = [answer.header('etag'), answer.header('x-written-at')];
    // Any web server answers 200 with some bytes.
    if (version === undefined || writtenAt === undefined) throw new Error('no stored value');
    return {
      kind: 'value',
      stored: { kind: 'bytes', bytes: answer.body, contentType },
      version: version.replaceAll('"', ''),
      context: answer.header('x-causal-context') ?? '',
      writtenAt,
      expiresAt: answer.header('x-expires-at'),
      receipt,
    };
  }
  const text = bodyText(answer);
  const fields = fieldsOf(JSON.parse(text));
  return {
    ...{ kind: 'value', stored: storedIn(text, fields), version: textField(fields, 'version') },
    // One version that was asked for by name comes without.
    context: optionalText(fields, 'context') ?? '',
    writtenAt: textField(fields, 'written_at'),
    expiresAt: optionalText(fields, 'expires_at'),
    receipt: explained(receipt, fields),
  };
}

function readConflict(answer: HttpAnswer): StoredConflict {
  const text = bodyText(answer);
  const fields = fieldsOf(JSON.parse(text));
  return {
    ...{ kind: 'siblings', siblings: siblingsIn(text), context: textField(fields, 'context') },
    ...{ receipt: explained(receiptOf(answer), fields), text },
  };
}

/** @param text an object of JSON with `siblings` */
export function siblingsIn(text: string): StoredSibling[] {
  const siblings = memberText(text, 'siblings');
  const rows = siblings === undefined ? undefined : splitArray(siblings);
  if (rows === undefined) throw new Error('the answer has no siblings');
  return rows.map((row) => {
    const fields = fieldsOf(JSON.parse(row));
    return {
      ...{ stored: storedIn(row, fields), version: textField(fields, 'version') },
      writtenAt: textField(fields, 'written_at'),
      writtenBy: textField(fields, 'written_by'),
    };
  });
}

/**
 * JSON as it was written, digit by digit; bytes come so among siblings, in lists and in batches.
 * @param text an object of JSON; `fields` are its members
 */
export function storedIn(text: string, fields: Fields): StoredValue {
  const base64 = optionalText(fields, 'value_base64');
  if (base64 !== undefined) {
    const contentType = optionalText(fields, 'content_type') ?? '';
    return { kind: 'bytes', bytes: fromBase64(base64), contentType };
  }
  const value = memberText(text, 'value');
  if (value === undefined) throw new Error('the answer has no value');
  return { kind: 'json', text: value };
}

/** As it is written; `text` was parsed before. */
function memberText(text: string, name: string): string | undefined {
  const split = splitObject(text);
  return split.kind === 'object' ? split.members.get(name) : undefined;
}

export function receiptOf({ header }: HttpAnswer): ClientReceipt {
  const stalenessBound = header('x-staleness-bound');
  const receipt = { level: header('x-consistency-achieved'), replicas: header('x-replicas') };
  return stalenessBound === undefined ? receipt : { ...receipt, stalenessBound };
}

/** With how the answer came about, where it says so. */
function explained(receipt: ClientReceipt, fields: Fields): ClientReceipt {
  const explanation = explanationIn(fields);
  return explanation === undefined ? receipt : { ...receipt, explanation };
}

export function readProblem(answer: HttpAnswer): Problem {
  return reading(answer, ({ status }) => {
    const text = bodyText(answer);
    const fields = fieldsOf(JSON.parse(text));
    const details = Object.entries(fields).filter(([name]) => !COMMON.has(name));
    return {
      ...{ kind: 'problem', status, code: textField(fields, 'code') },
      ...{ detail: textField(fields, 'detail'), outcome: outcomeField(fields) },
      retryable: booleanField(fields, 'retryable'),
      details: Object.fromEntries(details),
      requestId: optionalText(fields, 'request_id'),
      text,
    };
  });
}

/** What is none of ours came from something in between, which may have passed the request on. */
export function reading<Result>(
  answer: HttpAnswer,
  read: (answer: HttpAnswer) => Result,
): Result | Problem {
  try {
    return read(answer);
  } catch {
    const { status } = answer;
    const type = answer.header('content-type') ?? 'of no type';
    const detail =
      `status ${status} with a body (${type}) that is none of Quorate's: ` +
      'is each endpoint the address of a node?';
    const problem = ownProblem('internal', detail, { outcome: 'unknown', retryable: false });
    return { ...problem, status };
  }
}

export function bodyText({ body }: HttpAnswer): string {
  return new TextDecoder().decode(body);
}

/** The members of an object of JSON, each as it is written. */
export function memberTexts(text: string): ReadonlyMap<string, string> {
  const split = jsonMembers(text);
  return split.kind === 'object' ? split.members : new Map();
}
