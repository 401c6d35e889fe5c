/** What the document says of batches; lib/api/http/batch-path.ts serves them. */
import { z } from 'zod';
import { BATCH_OPERATIONS_MAX } from '../http/batch-body.js';
import { KEY_BYTES_MAX } from '../http/key-of-path.js';
import { ANY_READ, ANY_WRITE, LIMITED } from './data-routes.js';
import { anyJson, oneOf, stored, timeToLive, writeAnswerShape } from './data-shapes.js';
import { EXPLAIN, explained } from './explain-shape.js';
import { problemShape } from './problem-shape.js';
import type { RouteDescription } from './route.js';

const addressed = {
  key: z.string().min(1).max(KEY_BYTES_MAX),
  /** Missing: the namespace of the path of the batch. */
  namespace: z.string().optional(),
  level: z.union([z.string(), z.int()]).optional(),
};
/** Of a write, as its headers would be. */
const writes = {
  context: z.string().min(1).optional(),
  if_match: z.string().optional(),
  if_none_match: z.string().optional(),
};
const put = {
  op: z.literal('put'),
  ...addressed,
  ...writes,
  ttl: timeToLive.optional(),
};
const operation = z.union([
  z.strictObject({ op: z.literal('get'), ...addressed }),
  z.strictObject({ ...put, value: anyJson }),
  z.strictObject({ ...put, value_base64: z.base64(), content_type: z.string().optional() }),
  z.strictObject({ op: z.literal('delete'), ...addressed, ...writes }),
]);
const batchShape = z.strictObject({
  operations: z.array(operation).min(1).max(BATCH_OPERATIONS_MAX),
});

const receipt = z.strictObject({
  level: z.string(),
  replicas: z.string(),
  durability: z.enum(['sync', 'os', 'memory']).optional(),
  /** Of a read at bounded staleness. */
  staleness_bound: z.string().optional(),
});
const done = { status: z.literal(200), receipt };
const answerShape = z.strictObject({
  failed: z.int().min(0),
  ...explained,
  results: z.array(
    z.union([
      oneOf({ ...done, key: z.string(), context: z.string().optional(), ...stored, ...explained }),
      z.strictObject({ ...done, ...writeAnswerShape }),
      problemShape.extend({ receipt: receipt.optional() }),
    ]),
  ),
});

const DESCRIPTION =
  'In `results`, in the order of the operations, the body that each single request would have had.';

const ANSWER = { schema: answerShape, headers: ['X-Session-Token'] } as const;

export const BATCH_ROUTE: RouteDescription = {
  method: 'POST',
  path: '/api/v1/batch',
  operationId: 'postBatch',
  tag: 'Keys',
  summary: 'Reads and writes many keys; each operation succeeds or fails by itself',
  parameters: [...ANY_READ, ...EXPLAIN, ...ANY_WRITE],
  body: { 'application/json': batchShape },
  bodyExample: {
    operations: [
      { op: 'put', key: 'cart', value: { apples: 3 } },
      { op: 'get', key: 'cart', level: 'one' },
    ],
  },
  answers: {
    200: { description: `Every operation succeeded. ${DESCRIPTION}`, ...ANSWER },
    207: { description: `${'`failed`'} of them did not. ${DESCRIPTION}`, ...ANSWER },
    400: { description: 'An operation (`index`) is not understood; none was executed.' },
    413: { description: 'The body is too large; none was executed.' },
    429: LIMITED,
  },
};
