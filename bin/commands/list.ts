/** `quorate list`: keys in order, with or without what they hold. */
import type { KeyPage, ListedKey } from '../../lib/client/results.js';
import { clientOf, LIST_OPTIONS, readOptionsOf } from '../client-options.js';
import type { CommandRow, Invocation } from '../command.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { jsonText, print, table, visible } from '../output.js';
import { showProgress } from '../progress.js';
import { lineOfValue, textOfValue } from '../value-text.js';

const LIMIT_MAX = 1_000_000;
const PAGE_MAX = 1000;

export const listCommand: CommandRow = {
  name: 'list',
  group: 'Keys and values:',
  summary: 'list keys in order, those of a prefix or all',
  arguments: '[prefix]',
  example: 'list user: --limit 20',
  options: [
    {
      flags: '--limit <count>',
      variable: 'QUORATE_LIST_LIMIT',
      summary: 'most keys to list',
      default: '1000',
    },
    {
      flags: '--cursor <cursor>',
      variable: 'QUORATE_LIST_CURSOR',
      summary: 'where the list goes on',
    },
    { flags: '--values', variable: 'QUORATE_LIST_VALUES', summary: 'with what each key holds' },
    ...LIST_OPTIONS,
  ],
  run,
};

async function run({ arguments: [prefix], options, terminal }: Invocation): Promise<ExitCode> {
  const client = await clientOf(options);
  const most = options.integer('limit', { minimum: 1, maximum: LIMIT_MAX });
  const values = options.isSet('values');
  let keys: ListedKey[] = [];
  let cursor = options.text('cursor');
  const endProgress = showProgress(terminal, () => `${keys.length} keys, at most ${most}`);
  try {
    do {
      const limit = Math.min(PAGE_MAX, most - keys.length);
      const asked = { ...readOptionsOf(options), prefix, values, limit, cursor };
      const page: KeyPage = await client.listPage(asked);
      keys = keys.concat(page.keys);
      cursor = page.cursor;
    } while (cursor !== undefined && keys.length < most);
  } finally {
    endProgress();
  }
  if (cursor !== undefined) terminal.err(`quorate: there are more: --cursor ${cursor}\n`);
  print(terminal, options, {
    table: (to) =>
      values
        ? table(to, ['KEY', 'VALUE', 'VERSION'], keys.map(cellsOf))
        : table(
            to,
            ['KEY'],
            keys.map(({ key }) => [key]),
          ),
    json: () => jsonOf(keys, cursor, values),
    value: () => keys.map((row) => lineOf(row, values)).join(''),
  });
  return EXIT.done;
}

function cellsOf({ key, stored, version }: ListedKey): string[] {
  return [key, stored.map(textOfValue).join(' | '), version ?? `${stored.length} siblings`];
}

/** Values as they were written: numbers keep their digits. */
function jsonOf(keys: readonly ListedKey[], cursor: string | undefined, values: boolean): string {
  if (!values) return jsonText({ keys: keys.map(({ key }) => key), cursor });
  const items = keys.map(({ text = '' }) => `    ${text}`).join(',\n');
  const next = cursor === undefined ? '' : `,\n  "cursor": ${JSON.stringify(cursor)}`;
  return `{\n  "items": [\n${items}\n  ]${next}\n}`;
}

/** A key may hold a line feed: it is shown, so that a line is a key. */
function lineOf({ key, stored }: ListedKey, isWanted: boolean): string {
  if (!isWanted) return `${visible(key)}\n`;
  return stored.map((value) => `${visible(key)}\t${lineOfValue(value)}`).join('');
}
