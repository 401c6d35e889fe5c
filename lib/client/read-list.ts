/** A page of keys, read and checked. See docs/http-api.md, Lists. */
import { splitArray } from '../encoding/json-text.js';
import { fieldsOf, optionalText, textField, textsField } from './fields.js';
import type { HttpAnswer } from './transport.js';
import type { Problem } from './quorate-error.js';
import { bodyText, memberTexts, reading, readProblem, receiptOf } from './read-answer.js';
import { siblingsIn, storedIn } from './read-answer.js';
import type { StoredKey, StoredPage } from './results.js';

export function readPage(answer: HttpAnswer): StoredPage | Problem {
  if (answer.status !== 200) return readProblem(answer);
  return reading(answer, () => {
    const text = bodyText(answer);
    const fields = fieldsOf(JSON.parse(text));
    const items = memberTexts(text).get('items');
    const rows = items === undefined ? undefined : splitArray(items);
    if (rows === undefined && fields['keys'] === undefined) throw new Error('no page of keys');
    return {
      kind: 'page',
      keys: rows === undefined ? textsField(fields, 'keys').map(nameOf) : rows.map(itemOf),
      cursor: optionalText(fields, 'cursor'),
      receipt: receiptOf(answer),
      text,
    };
  });
}

function nameOf(key: string): StoredKey {
  return { kind: 'key', key, stored: [], version: undefined, context: undefined, text: undefined };
}

function itemOf(text: string): StoredKey {
  const fields = fieldsOf(JSON.parse(text));
  const stored =
    fields['siblings'] === undefined
      ? [storedIn(text, fields)]
      : siblingsIn(text).map((sibling) => sibling.stored);
  return {
    ...{ kind: 'key', key: textField(fields, 'key'), stored, text },
    version: optionalText(fields, 'version'),
    context: optionalText(fields, 'context'),
  };
}
