/** `quorate conflicts`: the keys in conflict, or the siblings of one and how earlier ones ended. */
import { z } from 'zod';
import type { KeyValueRequests } from '../../lib/client/client.js';
import { namespacePathOf, pathOf, withQuery } from '../../lib/client/key-path.js';
import { maybeList, maybeText, cellText } from '../answer-shapes.js';
import { clientOf, KEY_OPTIONS, keysPathOf } from '../client-options.js';
import type { CommandRow, Invocation } from '../command.js';
import type { CommandOptions } from '../command-options.js';
import { printControl } from '../control-command.js';
import type { ExitCode } from '../exit-code.js';
import { table } from '../output.js';
import type { Terminal } from '../terminal.js';

const versionRow = z.looseObject({
  value: z.unknown().optional(),
  value_base64: maybeText,
  version: z.string(),
  written_at: maybeText,
  written_by: maybeText,
});
/** Of one key. */
const keyConflictsShape = z.looseObject({
  in_conflict: z.boolean(),
  context: maybeText,
  siblings: z.array(versionRow.extend({ relation: maybeText })),
  resolutions: maybeList(
    z.looseObject({
      at: maybeText,
      strategy: maybeText,
      by: maybeText,
      kept: maybeText,
      dropped: maybeList(versionRow),
    }),
  ),
});
type Conflicts = z.infer<typeof keyConflictsShape>;

export const conflictListShape = z.looseObject({
  conflicts: z.array(z.looseObject({ namespace: maybeText, key: z.string(), since: maybeText })),
  cursor: maybeText,
  unanswered: maybeList(z.string()),
});

export const conflictsCommand: CommandRow = {
  name: 'conflicts',
  group: 'Conflicts:',
  example: 'conflicts cart',
  summary: 'list the keys in conflict, or show the siblings of one',
  arguments: '[key]',
  options: [
    {
      flags: '--limit <count>',
      variable: 'QUORATE_CONFLICTS_LIMIT',
      summary: 'most keys to list',
      default: '100',
    },
    {
      flags: '--cursor <cursor>',
      variable: 'QUORATE_CONFLICTS_CURSOR',
      summary: 'where the list goes on',
    },
    ...KEY_OPTIONS,
  ],
  run: (invocation) => {
    const [key] = invocation.arguments;
    const limit = invocation.options.integer('limit', { minimum: 1, maximum: 1000 });
    return key === undefined ? list(invocation, limit) : show(invocation, key);
  },
};

async function list(invocation: Invocation, limit: number): Promise<ExitCode> {
  const { options, terminal } = invocation;
  const client = await clientOf(options);
  const namespace = options.text('namespace');
  const base = namespace === undefined ? '/api/v1' : namespacePathOf(namespace);
  const path = withQuery(`${base}/conflicts`, {
    limit: String(limit),
    cursor: options.text('cursor'),
  });
  const result = await client.control('GET', path, conflictListShape);
  const { cursor, unanswered } = result.content;
  if (unanswered.length > 0) terminal.err(`quorate: no answer from ${unanswered.join(', ')}\n`);
  if (cursor !== undefined) terminal.err(`quorate: there are more: --cursor ${cursor}\n`);
  return printControl(invocation, result, {
    table: (to, { conflicts }) =>
      table(
        to,
        ['NAMESPACE', 'KEY', 'SINCE'],
        conflicts.map((row) => [row.namespace, row.key, row.since].map(cellText)),
      ),
    value: ({ conflicts }) => conflicts.map(({ key }) => key).join('\n'),
  });
}

/** Of one key, as it is now; with a context where it is in conflict. */
export async function conflictsOfKey(
  client: KeyValueRequests,
  options: CommandOptions,
  key: string,
): Promise<Conflicts> {
  return (await client.control('GET', keyPathOf(options, key), keyConflictsShape)).content;
}

function keyPathOf(options: CommandOptions, key: string): string {
  return pathOf(keysPathOf(options), key, '/conflicts');
}

async function show(invocation: Invocation, key: string): Promise<ExitCode> {
  const client = await clientOf(invocation.options);
  const path = keyPathOf(invocation.options, key);
  return printControl(invocation, await client.control('GET', path, keyConflictsShape), {
    table: tables,
    value: ({ in_conflict, siblings }) => (in_conflict ? String(siblings.length) : '0'),
  });
}

function tables(terminal: Terminal, { siblings, resolutions }: Conflicts): string {
  const held = table(
    terminal,
    ['VALUE', 'VERSION', 'WRITTEN', 'BY', 'RELATION'],
    siblings.map((row) => [...cellsOf(row), cellText(row.relation)]),
  );
  if (resolutions.length === 0) return held;
  const dropped = resolutions.flatMap(({ at, strategy, by, kept, dropped: rows }) =>
    rows.map((row) => [...cellsOf(row), ...[at, strategy, by, kept].map(cellText)]),
  );
  const head = ['DROPPED', 'VERSION', 'WRITTEN', 'BY', 'RESOLVED', 'STRATEGY', 'FOR', 'KEPT'];
  return `${held}\n${table(terminal, head, dropped)}`;
}

function cellsOf(row: z.infer<typeof versionRow>): string[] {
  const value = row.value === undefined ? (row.value_base64 ?? '-') : JSON.stringify(row.value);
  return [value, row.version, cellText(row.written_at), cellText(row.written_by)];
}
