/** What the answers of the data path hold (docs/http-api.md). */
import { z } from 'zod';
import { explained } from './explain-shape.js';

export const time = z.iso.datetime();
export const anyJson = z.unknown().refine((value) => value !== undefined, 'a value is there');
export const bytesShape = { value_base64: z.base64(), content_type: z.string() };
export const stored = {
  version: z.string(),
  written_at: time,
  expires_at: time.optional(),
};
export const oneOf = <A extends z.ZodRawShape>(shape: A) =>
  z.union([
    z.strictObject({ value: anyJson, ...shape }),
    z.strictObject({ ...bytesShape, ...shape }),
  ]);

export const sibling = { ...stored, written_by: z.string() };
export const valueShape = oneOf({
  key: z.string(),
  context: z.string().optional(),
  ...stored,
  ...explained,
});
export const listShape = z.strictObject({
  key: z.string(),
  context: z.string().optional(),
  siblings: z.array(oneOf(sibling)),
  ...explained,
});
export const writeAnswerShape = {
  key: z.string(),
  version: z.string(),
  context: z.string(),
  replaced: z.array(z.string()),
  beside: z
    .array(z.string())
    .optional()
    .describe('The versions that this write has found and left. Only there where there are any.'),
  siblings: z
    .int()
    .min(2)
    .optional()
    .describe('So many values has the key now, as far as this write has seen. Only from 2 on.'),
  ...explained,
};
export const writtenShape = z.strictObject(writeAnswerShape);
export const timeToLive = z.union([z.int().min(1).max(315_360_000), z.literal('keep')]);
