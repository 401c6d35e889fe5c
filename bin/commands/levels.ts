/** `quorate levels`: how many partitions reach each consistency level now. */
import { cellText } from '../answer-shapes.js';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { levelsShape, printControl } from '../control-command.js';
import { table } from '../output.js';

export const levelsCommand: CommandRow = {
  name: 'levels',
  group: 'State of the cluster:',
  example: 'levels',
  summary: 'show how many partitions reach each consistency level now',
  options: CONTROL_OPTIONS,
  run: async (invocation) => {
    const client = await clientOf(invocation.options);
    const result = await client.control('GET', '/api/v1/cluster/levels', levelsShape);
    return printControl(invocation, result, {
      table: (terminal, { partitions, levels }) => {
        const share = (reached: number | undefined): string =>
          reached === undefined ? '-' : `${reached} of ${cellText(partitions)}`;
        const rows = levels.map(({ level, reads, writes }) => [level, share(reads), share(writes)]);
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
