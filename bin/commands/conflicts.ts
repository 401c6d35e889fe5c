/** `quorate conflicts`: the siblings of a key, and how earlier ones were resolved. */
import { z } from 'zod';
import { pathOf } from '../../lib/client/key-path.js';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';

const shape = z.looseObject({
  in_conflict: z.boolean(),
  siblings: z.array(
    z.looseObject({
      value: z.unknown().optional(),
      value_base64: z.string().optional(),
      version: z.string(),
      written_at: z.string(),
      written_by: z.string(),
      relation: z.string(),
    }),
  ),
});

export const conflictsCommand: CommandRow = {
  name: 'conflicts',
  summary: 'show the siblings of a key',
  arguments: '<key>',
  options: CONTROL_OPTIONS,
  run: async (invocation) => {
    const [key = ''] = invocation.arguments;
    const client = await clientOf(invocation.options);
    const path = pathOf('/api/v1/kv', key, '/conflicts');
    return printControl(invocation, await client.control('GET', path, shape), {
      table: (terminal, { siblings }) =>
        table(
          terminal,
          ['VALUE', 'VERSION', 'WRITTEN', 'BY', 'RELATION'],
          siblings.map((row) => [
            row.value_base64 ?? JSON.stringify(row.value),
            ...[row.version, row.written_at, row.written_by, row.relation],
          ]),
        ),
      value: ({ in_conflict, siblings }) => (in_conflict ? String(siblings.length) : '0'),
    });
  },
};
