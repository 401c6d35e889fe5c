/** What is stored, as the program wants it: a value of its type. */
import type { ParseOptions } from './client-options.js';
import type { StoredResult } from './read-answer.js';
import type {
  GetResult,
  ListedKey,
  ResolutionPreview,
  StoredKey,
  StoredPreview,
  StoredValue,
} from './results.js';

export function typedResult<Value>(
  result: StoredResult,
  options: ParseOptions<Value>,
): GetResult<Value> {
  switch (result.kind) {
    case 'not-found':
      return result;
    case 'value':
      return { ...result, value: parsed(result.stored, options) };
    case 'siblings': {
      const siblings = result.siblings.map((one) => ({
        ...one,
        value: parsed(one.stored, options),
      }));
      return { ...result, siblings };
    }
  }
}

export function typedKey<Value>(row: StoredKey, options: ParseOptions<Value>): ListedKey<Value> {
  return { ...row, values: row.stored.map((stored) => parsed(stored, options)) };
}

export function typedPreview<Value>(
  preview: StoredPreview,
  options: ParseOptions<Value>,
): ResolutionPreview<Value> {
  return { ...preview, value: parsed(preview.stored, options) };
}

/** The program says what the type is: of bytes it says Uint8Array. */
function parsed<Value>(stored: StoredValue, { parse = JSON.parse }: ParseOptions<Value>): Value {
  return stored.kind === 'json' ? (parse(stored.text) as Value) : (stored.bytes as Value);
}
