/** `quorate locate`: where a key lies. */
import { z } from 'zod';
import { pathOf, withQuery } from '../../lib/client/key-path.js';
import { maybeList, maybeNumber, maybeText, cellText } from '../answer-shapes.js';
import { clientOf, KEY_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';

const shape = z.looseObject({
  partition: maybeNumber,
  primaries: z.array(
    z.looseObject({ node: z.string(), zone: maybeText, up: z.boolean().optional() }),
  ),
  stand_ins: maybeList(z.string()),
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
              ...[node, 'primary', cellText(zone), yesOrNo(up), cellText(partition)],
            ]),
            ...stand_ins.map((node) => [node, 'stand-in', '-', '-', cellText(partition)]),
          ],
        ),
      value: ({ primaries }) => primaries.map(({ node }) => node).join(','),
    });
  },
};

function yesOrNo(is: boolean | undefined): string {
  if (is === undefined) return '-';
  return is ? 'yes' : 'no';
}
