/** `quorate ring`: who owns how much of the ring. */
import { z } from 'zod';
import { optionalNumber, optionalText, shown } from '../answer-shapes.js';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';

const shape = z.looseObject({
  hash: optionalText,
  members: z.array(
    z.looseObject({
      id: z.string(),
      address: optionalText,
      zone: optionalText,
      weight: optionalNumber,
      partitions_owned: optionalNumber,
      partitions_first: optionalNumber,
    }),
  ),
});

export const ringCommand: CommandRow = {
  name: 'ring',
  group: 'State of the cluster:',
  example: 'ring',
  summary: 'show the ring: the share of each node; -o json has the owners of every partition',
  options: CONTROL_OPTIONS,
  run: async (invocation) => {
    const client = await clientOf(invocation.options);
    const result = await client.control('GET', '/api/v1/cluster/ring', shape);
    return printControl(invocation, result, {
      table: (terminal, { members }) =>
        table(
          terminal,
          ['NODE', 'ZONE', 'WEIGHT', 'PARTITIONS', 'FIRST', 'PEERS'],
          members.map(({ id, zone, weight, partitions_owned, partitions_first, address }) =>
            [id, zone, weight, partitions_owned, partitions_first, address].map(shown),
          ),
        ),
      value: ({ hash }) => shown(hash),
    });
  },
};
