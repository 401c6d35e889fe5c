/** `quorate locate`: where a key lies. */
import { z } from 'zod';
import { pathOf, withQuery } from '../../lib/client/key-path.js';
import { clientOf, KEY_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';

const shape = z.looseObject({
  partition: z.number(),
  primaries: z.array(z.looseObject({ node: z.string(), zone: z.string(), up: z.boolean() })),
  stand_ins: z.array(z.string()),
});

export const locateCommand: CommandRow = {
  name: 'locate',
  group: 'State of the cluster:',
  example: 'locate cart',
  summary: 'show the preference list of a key',
  arguments: '<key>',
  options: KEY_OPTIONS,
  run: async (invocation) => {
    const [key = ''] = invocation.arguments;
    const client = await clientOf(invocation.options);
    const namespace = invocation.options.text('namespace');
    const path = withQuery(pathOf('/api/v1/cluster/locate', key), { namespace });
    return printControl(invocation, await client.control('GET', path, shape), {
      table: (terminal, { partition, primaries, stand_ins }) =>
        table(
          terminal,
          ['NODE', 'ROLE', 'ZONE', 'UP', 'PARTITION'],
          [
            ...primaries.map(({ node, zone, up }) => [
              ...[node, 'primary', zone, up ? 'yes' : 'no', String(partition)],
            ]),
            ...stand_ins.map((node) => [node, 'stand-in', '-', '-', String(partition)]),
          ],
        ),
      value: ({ primaries }) => primaries.map(({ node }) => node).join(','),
    });
  },
};
