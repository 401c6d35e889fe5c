/** `quorate copies`: what each owner of a key holds. */
import { z } from 'zod';
import { pathOf, withQuery } from '../../lib/client/key-path.js';
import { maybeList, maybeText, cellText } from '../answer-shapes.js';
import { clientOf, KEY_OPTIONS } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';

const shape = z.looseObject({
  copies: z.array(
    z.looseObject({
      node: z.string(),
      role: maybeText,
      said: z.string(),
      complete: z.boolean(),
      versions: maybeList(
        z.looseObject({ version: z.string(), state: maybeText, written_at: maybeText }),
      ),
    }),
  ),
});

const HEAD = ['NODE', 'ROLE', 'STATE', 'VERSION', 'KIND', 'WRITTEN'];
const NO_VERSION = ['-', '-', '-'];

export const copiesCommand: CommandRow = {
  name: 'copies',
  group: 'State of the cluster:',
  example: 'copies cart',
  summary: 'show what each owner of a key holds',
  arguments: '<key>',
  options: KEY_OPTIONS,
  run: async (invocation) => {
    const [key = ''] = invocation.arguments;
    const client = await clientOf(invocation.options);
    const namespace = invocation.options.text('namespace');
    const path = withQuery(pathOf('/api/v1/cluster/copies', key), { namespace });
    return printControl(invocation, await client.control('GET', path, shape), {
      table: (terminal, { copies }) => {
        const rows = copies.flatMap(({ node, role, said, complete, versions }) => {
          const state = said === 'holds' ? (complete ? 'complete' : 'lags') : said;
          const held = versions.map(({ version, state: kind, written_at }) => [
            ...[version, cellText(kind), cellText(written_at)],
          ]);
          return (held.length === 0 ? [NO_VERSION] : held).map((row) => [
            node,
            cellText(role),
            state,
            ...row,
          ]);
        });
        return table(terminal, HEAD, rows);
      },
      value: ({ copies }) =>
        copies
          .filter(({ complete }) => complete)
          .map(({ node }) => node)
          .join(','),
    });
  },
};
