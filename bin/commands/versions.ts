/** `quorate versions`: what a key holds, and what is kept of its past. */
import { z } from 'zod';
import { pathOf } from '../../lib/client/key-path.js';
import { maybeNumber, maybeText, cellText } from '../answer-shapes.js';
import { clientOf, KEY_OPTIONS, keysPathOf } from '../client-options.js';
import type { CommandRow } from '../command.js';
import { printControl } from '../control-command.js';
import { table } from '../output.js';

const shape = z.looseObject({
  versions: z.array(
    z.looseObject({
      version: z.string(),
      state: maybeText,
      written_at: maybeText,
      written_by: maybeText,
      content_type: maybeText,
      bytes: maybeNumber,
    }),
  ),
});

export const versionsCommand: CommandRow = {
  name: 'versions',
  group: 'Conflicts:',
  example: 'versions cart',
  summary: 'list the versions of a key: current ones, and superseded ones that are kept',
  arguments: '<key>',
  options: KEY_OPTIONS,
  run: async (invocation) => {
    const [key = ''] = invocation.arguments;
    const client = await clientOf(invocation.options);
    const path = pathOf(keysPathOf(invocation.options), key, '/versions');
    return printControl(invocation, await client.control('GET', path, shape), {
      table: (terminal, { versions }) =>
        table(
          terminal,
          ['VERSION', 'STATE', 'WRITTEN', 'BY', 'TYPE', 'BYTES'],
          versions.map(({ version, state, written_at, written_by, content_type, bytes }) =>
            [version, state, written_at, written_by, content_type, bytes].map(cellText),
          ),
        ),
      value: ({ versions }) => versions.map(({ version }) => version).join('\n'),
    });
  },
};
