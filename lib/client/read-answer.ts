/** Answers of a node, read and checked: what came over the network becomes a typed result. */
import { z } from 'zod';
import { jsonMembers } from '../encoding/json-text.js';
import type { HttpAnswer } from './http-exchange.js';
import type {
  ControlResult,
  GetResult,
  Problem,
  ClientReceipt,
  Sibling,
  StoredValue,
  WriteResult,
} from './results.js';

const JSON_TYPE = 'application/json';

const problemShape = z.looseObject({
  code: z.string(),
  detail: z.string(),
  outcome: z.enum(['none', 'unknown']),
  retryable: z.boolean(),
  context: z.string().optional(),
});
const foundShape = z.looseObject({
  version: z.string(),
  /** One version that was asked for by name comes without. */
  context: z.string().default(''),
  written_at: z.string(),
  expires_at: z.string().optional(),
  value_base64: z.base64().optional(),
  content_type: z.string().optional(),
});
const writtenShape = z.looseObject({
  version: z.string(),
  context: z.string(),
  replaced: z.array(z.string()),
  beside: z.array(z.string()).default([]),
});
const siblingShape = z.looseObject({
  value: z.unknown().optional(),
  value_base64: z.base64().optional(),
  content_type: z.string().optional(),
  version: z.string(),
  written_at: z.string(),
  written_by: z.string(),
});
export const siblingsShape = z.looseObject({
  context: z.string(),
  siblings: z.array(siblingShape),
});

type Reading<Result> = (answer: HttpAnswer) => Result;

export function readGet(answer: HttpAnswer): GetResult {
  if (answer.status === 200) return reading(answer, readFound);
  const problem = readProblem(answer);
  const receipt = receiptOf(answer);
  if (problem.code === 'not_found' && receipt.level !== undefined) {
    const context = answer.header('x-causal-context');
    return { kind: 'not-found', context, receipt };
  }
  return problem.code === 'siblings' ? reading(answer, readConflict) : problem;
}

export function readWrite(answer: HttpAnswer): WriteResult {
  if (answer.status !== 200) return readProblem(answer);
  return reading(answer, () => {
    const { version, context, replaced, beside } = writtenShape.parse(JSON.parse(bodyText(answer)));
    return { kind: 'written', version, context, replaced, beside, receipt: receiptOf(answer) };
  });
}

export function readControl<Content>(
  answer: HttpAnswer,
  shape: z.ZodType<Content>,
): ControlResult<Content> {
  if (answer.status !== 200) return readProblem(answer);
  return reading(answer, () => {
    const text = bodyText(answer);
    return { kind: 'answer', content: shape.parse(JSON.parse(text)), text };
  });
}

function readFound(answer: HttpAnswer): GetResult {
  const receipt = receiptOf(answer);
  const contentType = answer.header('content-type') ?? '';
  if (contentType !== JSON_TYPE) {
    return {
      kind: 'value',
      value: { kind: 'bytes', bytes: answer.body, contentType },
      version: (answer.header('etag') ?? '').replaceAll('"', ''),
      context: answer.header('x-causal-context') ?? '',
      writtenAt: answer.header('x-written-at') ?? '',
      expiresAt: answer.header('x-expires-at'),
      receipt,
    };
  }
  const text = bodyText(answer);
  const found = foundShape.parse(JSON.parse(text));
  const { version, context, written_at, expires_at } = found;
  return {
    ...{ kind: 'value', value: valueIn(text, found), version, context, receipt },
    ...{ writtenAt: written_at, expiresAt: expires_at },
  };
}

/** JSON as it was written; bytes come so only where somebody prefers JSON: in batches. */
export function valueIn(text: string, found: z.infer<typeof foundShape>): StoredValue {
  if (found.value_base64 !== undefined) return storedValue(found);
  const split = jsonMembers(text);
  const value = split.kind === 'object' ? split.members.get('value') : undefined;
  if (value === undefined) throw new Error('the answer has no value');
  return { kind: 'json', text: value };
}

function readConflict(answer: HttpAnswer): GetResult {
  const text = bodyText(answer);
  const { context, siblings } = siblingsShape.parse(JSON.parse(text));
  const read = siblings.map(siblingOf);
  return { kind: 'siblings', siblings: read, context, receipt: receiptOf(answer), text };
}

export function siblingOf(row: z.infer<typeof siblingShape>): Sibling {
  const { version, written_at: writtenAt, written_by: writtenBy } = row;
  return { value: storedValue(row), version, writtenAt, writtenBy };
}

/** Among siblings, JSON is parsed and written again: `text` of the answer has it as it was. */
function storedValue({
  value,
  value_base64,
  content_type,
}: Pick<z.infer<typeof siblingShape>, 'value' | 'value_base64' | 'content_type'>): StoredValue {
  if (value_base64 === undefined) return { kind: 'json', text: JSON.stringify(value) };
  const bytes = Uint8Array.from(atob(value_base64), (character) => character.charCodeAt(0));
  return { kind: 'bytes', bytes, contentType: content_type ?? '' };
}

export function receiptOf({ header }: HttpAnswer): ClientReceipt {
  return { level: header('x-consistency-achieved'), replicas: header('x-replicas') };
}

export function readProblem(answer: HttpAnswer): Problem {
  return reading(answer, ({ status }) => {
    const text = bodyText(answer);
    const { code, detail, outcome, retryable } = problemShape.parse(JSON.parse(text));
    return { kind: 'problem', status, code, detail, outcome, retryable, text };
  });
}

/** What is none of ours came from something in between, which may have passed the request on. */
export function reading<Result>(answer: HttpAnswer, read: Reading<Result>): Result | Problem {
  try {
    return read(answer);
  } catch {
    return {
      kind: 'problem',
      status: answer.status,
      code: 'internal',
      detail: `status ${answer.status} with a body that is none of Quorate's`,
      outcome: 'unknown',
      retryable: false,
      text: undefined,
    };
  }
}

export function bodyText({ body }: HttpAnswer): string {
  return new TextDecoder().decode(body);
}
