/** `quorate delete`: writes a tombstone. */
import {
  clientOf,
  CONDITION_OPTIONS,
  conditionOptionsOf,
  WRITE_OPTIONS,
  writeOptionsOf,
} from '../client-options.js';
import type { CommandRow } from '../command.js';
import { EXPLAIN_OPTION } from '../explain-table.js';
import { printWritten } from '../written.js';

export const deleteCommand: CommandRow = {
  name: 'delete',
  group: 'Keys and values:',
  example: 'delete cart',
  summary: 'delete the value of a key',
  arguments: '<key>',
  options: [EXPLAIN_OPTION, ...CONDITION_OPTIONS, ...WRITE_OPTIONS],
  run: async (invocation) => {
    const { arguments: words, options } = invocation;
    const [key = ''] = words;
    const client = await clientOf(options);
    const settings = { ...writeOptionsOf(options), ...conditionOptionsOf(options) };
    return printWritten(key, 'delete', await client.delete(key, settings), invocation);
  },
};
