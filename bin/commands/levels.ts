/** `quorate levels`: how many partitions reach each consistency level now. */
import { z } from 'zod';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';

const shape = z.looseObject({
  node: z.string(),
  partitions: z.number(),
  levels: z.array(
    z.looseObject({
      level: z.string(),
      reads: z.number().optional(),
      writes: z.number().optional(),
    }),
  ),
});

export const levelsCommand: CommandRow = {
  name: 'levels',
  summary: 'show how many partitions reach each consistency level now',
  options: CONTROL_OPTIONS,
  run: async (invocation) => {
    const client = await clientOf(invocation.options);
    const result = await client.control('GET', '/api/v1/cluster/levels', shape);
    return printControl(invocation, result, {
      table: (terminal, { partitions, levels }) => {
        const shown = (reached: number | undefined): string =>
          reached === undefined ? '-' : `${reached} of ${partitions}`;
        const rows = levels.map(({ level, reads, writes }) => [level, shown(reads), shown(writes)]);
        return table(terminal, ['LEVEL', 'READS', 'WRITES'], rows);
      },
      // What can be read and written everywhere.
      value: ({ partitions, levels }) =>
        levels
          .filter(({ reads = partitions, writes }) => reads === partitions && writes === partitions)
          .map(({ level }) => level)
          .join(','),
    });
  },
};
