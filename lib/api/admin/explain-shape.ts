/** The shape of an explanation, and how it is asked for (docs/http-api.md, Explained answers). */
import { z } from 'zod';
import type { ParameterRow } from './route.js';

const stepShape = z.looseObject({
  /** Since the request came to the node of the course. */
  at_ms: z.number(),
  did: z.string(),
  node: z.string().optional(),
  /** Of a question: until its answer. */
  took_ms: z.number().optional(),
  /** Of a question; null: there was none by then. */
  answer: z.looseObject({}).nullable().optional(),
});
const courseShape = z.looseObject({
  node: z.string(),
  course: z.enum(['read', 'bounded read', 'write', 'strong', 'decision', 'list']),
  steps: z.array(stepShape),
});
export const explanationShape = z.strictObject({
  /** That was asked. */
  node: z.string(),
  took_ms: z.number(),
  /** Steps for which there was no room. */
  left_out: z.int().optional(),
  courses: z.array(courseShape),
});

/** A member of every answer to a request on keys. */
export const explained = { explain: explanationShape.optional() };

const one = { type: 'string', const: '1' } as const;
export const EXPLAIN: readonly ParameterRow[] = [
  { name: 'explain', in: 'query', description: '1: how the answer came about.', schema: one },
  { name: 'X-Explain', in: 'header', description: '1: the same.', schema: one },
];
