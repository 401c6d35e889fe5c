/** `max`: the greatest of JSON numbers, compared by all their digits. */
import { compareDecimals, parseDecimal } from '../encoding/decimal.js';
import type { Version } from '../versioning/siblings.js';
import { jsonSiblings, preferredText } from './json-siblings.js';
import type { Resolved } from './strategy.js';
import { jsonResolved } from './strategy.js';

/** The number as it was written: of `1` and `1.0`, which are the same, the shorter. */
export function greatest(siblings: readonly Version[]): Resolved | undefined {
  const numbers = jsonSiblings(siblings, 'number');
  if (numbers === undefined) return undefined;
  let text: string | undefined;
  let highest: ReturnType<typeof parseDecimal>;
  for (const number of numbers) {
    const decimal = parseDecimal(number.text);
    if (decimal === undefined) return undefined;
    const difference = highest === undefined ? 1 : compareDecimals(decimal, highest);
    if (difference < 0) continue;
    text = difference > 0 || text === undefined ? number.text : preferredText(text, number.text);
    highest = decimal;
  }
  return text === undefined ? undefined : jsonResolved(text, siblings);
}
