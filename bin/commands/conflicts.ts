/** `quorate conflicts`: the keys in conflict, or the siblings of one and how earlier ones ended. */
import { z } from 'zod';
import { namespacePathOf, pathOf, withQuery } from '../../lib/client/key-path.js';
import { clientOf, KEY_OPTIONS, keysPathOf } from '../client-options.js';
import type { CommandRow, Invocation } from '../command.js';
import { printControl } from '../control-command.js';
import type { ExitCode } from '../exit-code.js';
import { table } from '../output.js';
import type { Terminal } from '../terminal.js';

const versionRow = z.looseObject({
  value: z.unknown().optional(),
  value_base64: z.string().optional(),
  version: z.string(),
  written_at: z.string(),
  written_by: z.string(),
});
/** Of one key. */
export const keyConflictsShape = z.looseObject({
  in_conflict: z.boolean(),
  context: z.string().optional(),
  siblings: z.array(versionRow.extend({ relation: z.string() })),
  resolutions: z.array(
    z.looseObject({
      at: z.string(),
      strategy: z.string(),
      by: z.string(),
      kept: z.string(),
      dropped: z.array(versionRow),
    }),
  ),
});
type Conflicts = z.infer<typeof keyConflictsShape>;

const listShape = z.looseObject({
  conflicts: z.array(z.looseObject({ namespace: z.string(), key: z.string(), since: z.string() })),
  cursor: z.string().optional(),
  unanswered: z.array(z.string()),
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
  const result = await client.control('GET', path, listShape);
  const { cursor, unanswered } = result.content;
  if (unanswered.length > 0) terminal.err(`quorate: no answer from ${unanswered.join(', ')}\n`);
  if (cursor !== undefined) terminal.err(`quorate: there are more: --cursor ${cursor}\n`);
  return printControl(invocation, result, {
    table: (to, { conflicts }) =>
      table(
        to,
        ['NAMESPACE', 'KEY', 'SINCE'],
        conflicts.map((row) => [row.namespace, row.key, row.since]),
      ),
    value: ({ conflicts }) => conflicts.map(({ key }) => key).join('\n'),
  });
}

async function show(invocation: Invocation, key: string): Promise<ExitCode> {
  const client = await clientOf(invocation.options);
  const path = pathOf(keysPathOf(invocation.options), key, '/conflicts');
  return printControl(invocation, await client.control('GET', path, keyConflictsShape), {
    table: tables,
    value: ({ in_conflict, siblings }) => (in_conflict ? String(siblings.length) : '0'),
  });
}

function tables(terminal: Terminal, { siblings, resolutions }: Conflicts): string {
  const held = table(
    terminal,
    ['VALUE', 'VERSION', 'WRITTEN', 'BY', 'RELATION'],
    siblings.map((row) => [...cellsOf(row), row.relation]),
  );
  if (resolutions.length === 0) return held;
  const dropped = resolutions.flatMap(({ at, strategy, by, kept, dropped: rows }) =>
    rows.map((row) => [...cellsOf(row), at, strategy, by, kept]),
  );
  const head = ['DROPPED', 'VERSION', 'WRITTEN', 'BY', 'RESOLVED', 'STRATEGY', 'FOR', 'KEPT'];
  return `${held}\n${table(terminal, head, dropped)}`;
}

function cellsOf(row: z.infer<typeof versionRow>): string[] {
  const value = row.value === undefined ? (row.value_base64 ?? '-') : JSON.stringify(row.value);
  return [value, row.version, row.written_at, row.written_by];
}
