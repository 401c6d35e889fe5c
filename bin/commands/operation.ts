/** `quorate operation`: what became of a write that was sent with an Idempotency-Key. */
import { z } from 'zod';
import { maybeNumber, maybeText, cellText } from '../answer-shapes.js';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';

const shape = z.looseObject({
  id: maybeText,
  status: z.string(),
  namespace: maybeText,
  key: maybeText,
  answer: z.looseObject({ status: maybeNumber }).optional(),
  operations: z.array(z.string()).optional(),
});

const HEAD = ['OPERATION', 'STATUS', 'NAMESPACE', 'KEY', 'ANSWERED'];

export const operationCommand: CommandRow = {
  name: 'operation',
  group: 'Keys and values:',
  example: 'operation 8e03978e-40d5',
  summary: 'show what became of a write: its --idempotency-key, or "operation" of a problem',
  arguments: '<id>',
  options: CONTROL_OPTIONS,
  run: async (invocation) => {
    const [id = ''] = invocation.arguments;
    const client = await clientOf(invocation.options);
    const path = `/api/v1/operations/${encodeURIComponent(id)}`;
    return printControl(invocation, await client.control('GET', path, shape), {
      table: (terminal, { status, namespace, key, answer, operations }) => {
        const one = [id, status, ...[namespace, key, answer?.status].map(cellText)];
        const rest = (operations ?? []).map((name) => [name, 'of the batch', '-', '-', '-']);
        return table(terminal, HEAD, [one, ...rest]);
      },
      value: ({ status }) => status,
    });
  },
};
