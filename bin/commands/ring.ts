/** `quorate ring`: who owns how much of the ring. */
import { z } from 'zod';
import { maybeNumber, maybeText, cellText } from '../answer-shapes.js';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';

const shape = z.looseObject({
  hash: maybeText,
  members: z.array(
    z.looseObject({
      id: z.string(),
      address: maybeText,
      zone: maybeText,
      weight: maybeNumber,
      partitions_owned: maybeNumber,
      partitions_first: maybeNumber,
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
            [id, zone, weight, partitions_owned, partitions_first, address].map(cellText),
          ),
        ),
      value: ({ hash }) => cellText(hash),
    });
  },
};
