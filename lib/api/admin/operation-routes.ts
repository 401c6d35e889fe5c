/** What became of a write under an Idempotency-Key, over HTTP (docs/idempotency.md). */
import { z } from 'zod';
import type {
  OperationReport,
  OperationsControl,
} from '../../coordination/operation/operation-request.js';
import { OperatingError } from '../../errors.js';
import { keyOfPath } from '../http/key-of-path.js';
import { courseOfEnded } from '../http/once-writes.js';
import { asResult } from '../http/batch-run.js';
import { idInBatch, isIdInBatch } from '../http/idempotency-key.js';
import type { HttpReply } from '../http/reply.js';
import { jsonReply } from './control-reply.js';
import type { ControlRoute } from './route.js';

const PATH = '/api/v1/operations';

const operationShape = z.strictObject({
  id: z.string(),
  status: z.enum(['done', 'none', 'pending', 'batch']),
  namespace: z.string().optional(),
  key: z.string().optional(),
  /** What was answered, and is answered again. */
  answer: z.strictObject({ status: z.int(), body: z.unknown() }).optional(),
  /** Of a batch: the ids of its writes. */
  operations: z.array(z.string()).optional(),
});

type OperationBody = z.infer<typeof operationShape>;

export function operationRoute(operations: OperationsControl): ControlRoute {
  return {
    method: 'GET',
    path: `${PATH}/:id`,
    operationId: 'getOperation',
    tag: 'Keys',
    summary: 'What became of a write that was sent with an Idempotency-Key',
    parameters: [
      {
        name: 'id',
        in: 'path',
        description: 'The Idempotency-Key, or `operation` of a problem, percent-encoded once.',
      },
    ],
    answers: {
      200: {
        description:
          'done: it was applied. none: it was not, and never will be. pending: it is under way.',
        schema: operationShape,
        example: {
          ...{ id: '8e03978e-40d5', status: 'done', namespace: 'default', key: 'cart' },
          answer: { status: 200, body: { key: 'cart', version: 'n1.1.2c23612aaf05.3' } },
        } satisfies OperationBody,
      },
      404: { description: 'No operation has begun under this id, or it is over for too long.' },
      503: { description: 'No majority of the owners of its record, or of its key.' },
    },
    handle: async ({ url, timeoutMilliseconds }) => {
      const [path = ''] = url.split('?', 1);
      const id = keyOfPath(path.slice(PATH.length + 1));
      const shape = isIdInBatch(id) ? asResult : alone;
      const report = await operations.look(id, timeoutMilliseconds, ({ key }) => {
        return courseOfEnded(key, '', shape);
      });
      if (report === undefined) throw unheardOf(id);
      return jsonReply(bodyOf(id, report));
    },
  };
}

function alone(reply: HttpReply): HttpReply {
  return reply;
}

function unheardOf(id: string): OperatingError {
  const message = 'no operation has begun under this id, or its record has ended';
  return new OperatingError('not_found', message, { details: { operation: id } });
}

function bodyOf(id: string, report: OperationReport): OperationBody {
  const { status } = report;
  switch (status) {
    case 'batch':
      return { id, status, operations: report.writes.map((place) => idInBatch(id, place)) };
    case 'pending':
      return { id, status, namespace: report.namespace, key: report.key };
    case 'done':
    case 'none': {
      const { namespace, key, answer } = report;
      const body: unknown = JSON.parse(Buffer.from(answer.body, 'latin1').toString('utf8'));
      return { id, status, namespace, key, answer: { status: answer.status, body } };
    }
  }
}
