/** The shape of every problem, for the OpenAPI document (docs/http-api.md, Errors). */
import { z } from 'zod';
import { ERROR_CODES } from '../../errors.js';
import { explained } from './explain-shape.js';

export const problemShape = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(Object.keys(ERROR_CODES) as [string, ...string[]]),
  retryable: z.boolean(),
  outcome: z.enum(['none', 'unknown']),
  request_id: z.string(),
  ...explained,
});
