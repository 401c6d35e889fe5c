/** `quorate ring`: who owns how much of the ring. */
import { z } from 'zod';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';

const shape = z.looseObject({
  hash: z.string(),
  members: z.array(
    z.looseObject({
      id: z.string(),
      address: z.string(),
      zone: z.string(),
      weight: z.number(),
      partitions_owned: z.number(),
      partitions_first: z.number(),
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
          members.map(({ id, zone, weight, partitions_owned, partitions_first, address }) => [
            ...[id, zone, String(weight), String(partitions_owned), String(partitions_first)],
            address,
          ]),
        ),
      value: ({ hash }) => hash,
    });
  },
};
