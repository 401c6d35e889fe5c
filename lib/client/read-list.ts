/** A page of keys, read and checked. See docs/http-api.md, Lists. */
import { z } from 'zod';
import { jsonMembers, splitArray } from '../encoding/json-text.js';
import type { HttpAnswer } from './http-exchange.js';
import { bodyText, reading, readProblem, receiptOf, siblingOf, valueIn } from './read-answer.js';
import { siblingsShape } from './read-answer.js';
import type { KeyPage, ListedKey, Problem } from './results.js';

const pageShape = z.looseObject({
  keys: z.array(z.string()).default([]),
  cursor: z.string().optional(),
});
const itemShape = z.looseObject({
  key: z.string(),
  version: z.string().optional(),
  context: z.string().optional(),
  siblings: z.unknown().optional(),
  value_base64: z.base64().optional(),
  content_type: z.string().optional(),
});

export function readPage(answer: HttpAnswer): KeyPage | Problem {
  if (answer.status !== 200) return readProblem(answer);
  return reading(answer, () => {
    const text = bodyText(answer);
    const split = jsonMembers(text);
    const items = split.kind === 'object' ? split.members.get('items') : undefined;
    const { keys, cursor } = pageShape.parse(JSON.parse(text));
    const rows = items === undefined ? undefined : splitArray(items);
    const listed = rows === undefined ? keys.map(nameOf) : rows.map(itemOf);
    return { kind: 'page', keys: listed, cursor, receipt: receiptOf(answer), text };
  });
}

function nameOf(key: string): ListedKey {
  return { kind: 'key', key, values: [], version: undefined, context: undefined, text: undefined };
}

function itemOf(text: string): ListedKey {
  const row: unknown = JSON.parse(text);
  const { key, version, context, siblings, ...found } = itemShape.parse(row);
  const values =
    siblings === undefined
      ? [valueIn(text, { ...found, version: '', context: '', written_at: '' })]
      : siblingsShape.parse({ context: '', siblings }).siblings.map((one) => siblingOf(one).value);
  return { kind: 'key', key, values, version, context, text };
}
