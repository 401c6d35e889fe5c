/** `quorate resolve`: ends a conflict, by a strategy or with a value. */
import { messageOf, OperatingError } from '../../lib/errors.js';
import { STRATEGY_NAMES } from '../../lib/resolution/strategies.js';
import { rawJson, type Resolution, type ResolutionPreview } from '../../lib/client/client.js';
import { clientOf, readOptionsOf, WRITE_OPTIONS, writeOptionsOf } from '../client-options.js';
import type { CommandRow, Invocation } from '../command.js';
import type { CommandOptions } from '../command-options.js';
import type { ExitCode } from '../exit-code.js';
import { EXIT } from '../exit-code.js';
import { objectText, print, table, toJsonMembers } from '../output.js';
import { membersOfValue, plainValue, textOfValue } from '../value-text.js';
import { printWritten } from '../written.js';
import { conflictsOfKey } from './conflicts.js';
import { resolveAll } from './resolve-all.js';

export const resolveCommand: CommandRow = {
  name: 'resolve',
  group: 'Conflicts:',
  example: 'resolve cart --strategy set-union',
  summary: 'resolve the siblings of a key, or of all keys in conflict',
  arguments: '[key]',
  options: [
    {
      flags: '--strategy <name>',
      variable: 'QUORATE_RESOLVE_STRATEGY',
      summary: 'how the siblings become one value',
      choices: STRATEGY_NAMES.filter((name) => name !== 'siblings'),
    },
    {
      flags: '--value <value>',
      variable: 'QUORATE_RESOLVE_VALUE',
      summary: 'the value that stands for all of them: a string, or with --json JSON',
    },
    {
      flags: '--json',
      variable: 'QUORATE_RESOLVE_JSON',
      summary: 'the value is JSON, and is kept as it is written',
    },
    {
      flags: '--dry-run',
      variable: 'QUORATE_RESOLVE_DRY_RUN',
      summary: 'show what would be kept, change nothing',
    },
    {
      flags: '--all',
      variable: 'QUORATE_RESOLVE_ALL',
      summary: 'every key in conflict of the namespace, instead of one key',
    },
    {
      flags: '--limit <count>',
      variable: 'QUORATE_RESOLVE_LIMIT',
      summary: 'most keys of --all',
      default: '1000',
    },
    ...WRITE_OPTIONS.map((row) =>
      row.flags.startsWith('--context ')
        ? { ...row, summary: 'of the siblings that are meant; without it those there are now' }
        : row,
    ),
  ],
  run,
};

/** Keys of `--all`. */
const LIMITS = { minimum: 1, maximum: 1_000_000 };

async function run(invocation: Invocation): Promise<ExitCode> {
  const { options } = invocation;
  const [key] = invocation.arguments;
  const resolution = resolutionOf(options);
  const most = options.integer('limit', LIMITS);
  const isDry = options.isSet('dryRun');
  const isAll = options.isSet('all');
  if (!isAll && key === undefined) throw wrong('name a key, or give --all');
  if (isAll && key !== undefined) throw wrong('name a key or give --all, not both');
  if (!isAll) options.refuseIdle('limit', '--all');
  if (key !== undefined) return resolveOne(invocation, key, resolution, isDry);
  if (resolution.kind === 'value') throw wrong('--all wants --strategy: one value is not for all');
  for (const name of ['context', 'idempotencyKey']) {
    if (options.isGiven(name)) throw wrong('--context and --idempotency-key are for one key');
  }
  return resolveAll(invocation, resolution, { most, isDry });
}

async function resolveOne(
  invocation: Invocation,
  key: string,
  resolution: Resolution,
  isDry: boolean,
): Promise<ExitCode> {
  const { options, terminal } = invocation;
  const settings = writeOptionsOf(options);
  const client = await clientOf(options);
  let { context } = settings;
  if (context === undefined) {
    const found = await conflictsOfKey(client, options, key);
    // There is a context also where there is no conflict.
    if (found.in_conflict) ({ context } = found);
  }
  if (context === undefined) {
    terminal.err('quorate: the key is not in conflict\n');
    return EXIT.precondition;
  }
  if (isDry) {
    const asked = { ...readOptionsOf(options), context };
    return printPreview(invocation, key, await client.previewResolution(key, resolution, asked));
  }
  const result = await client.resolve(key, resolution, { ...settings, context });
  return printWritten(key, 'put', result, invocation);
}

function printPreview(
  { options, terminal }: Invocation,
  key: string,
  { stored, replaced }: ResolutionPreview,
): ExitCode {
  print(terminal, options, {
    table: (to) =>
      table(
        to,
        ['KEY', 'WOULD BECOME', 'REPLACES'],
        [[key, textOfValue(stored), replaced.join(' ')]],
      ),
    json: () =>
      objectText({
        ...toJsonMembers({ key, dry_run: true }),
        ...membersOfValue(stored),
        ...toJsonMembers({ replaced }),
      }),
    value: () => plainValue(stored),
  });
  return EXIT.done;
}

function resolutionOf(options: CommandOptions): Resolution {
  const strategy = options.text('strategy');
  const value = options.text('value');
  if (strategy !== undefined && value !== undefined) {
    throw wrong('give --strategy or --value, not both');
  }
  if (value === undefined) options.refuseIdle('json', '--value');
  if (strategy !== undefined) return { kind: 'strategy', strategy };
  if (value === undefined) throw wrong('give --strategy or --value');
  if (!options.isSet('json')) return { kind: 'value', value };
  try {
    JSON.parse(value);
  } catch (error) {
    throw wrong(`the value is not JSON: ${messageOf(error)}`);
  }
  return { kind: 'value', value: rawJson(value) };
}

function wrong(message: string): OperatingError {
  return new OperatingError('invalid_request', message);
}
