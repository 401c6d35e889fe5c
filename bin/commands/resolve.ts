/** `quorate resolve`: ends a conflict, by a strategy or with a value. */
import { messageOf, OperatingError } from '../../lib/errors.js';
import { STRATEGY_NAMES } from '../../lib/resolution/strategies.js';
import { rawJson, type KeyValueRequests, type Resolution } from '../../lib/client/client.js';
import { pathOf } from '../../lib/client/key-path.js';
import { clientOf, keysPathOf, WRITE_OPTIONS, writeOptionsOf } from '../client-options.js';
import type { CommandRow, Invocation } from '../command.js';
import type { CommandOptions } from '../command-options.js';
import type { ExitCode } from '../exit-code.js';
import { EXIT } from '../exit-code.js';
import { printWritten } from '../written.js';
import { keyConflictsShape } from './conflicts.js';

export const resolveCommand: CommandRow = {
  name: 'resolve',
  group: 'Conflicts:',
  example: 'resolve cart --strategy set-union',
  summary: 'resolve the siblings of a key; without --context those that it has now',
  arguments: '<key>',
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
    ...WRITE_OPTIONS,
  ],
  run,
};

async function run(invocation: Invocation): Promise<ExitCode> {
  const { options, terminal } = invocation;
  const [key = ''] = invocation.arguments;
  const resolution = resolutionOf(options);
  const settings = writeOptionsOf(options);
  const client = await clientOf(options);
  const context = settings.context ?? (await contextOf(client, options, key));
  if (context === undefined) {
    terminal.err('quorate: the key is not in conflict\n');
    return EXIT.precondition;
  }
  return printWritten(
    key,
    await client.resolve(key, resolution, { ...settings, context }),
    invocation,
  );
}

/** Of the siblings as they are now; undefined where there are none. */
async function contextOf(
  client: KeyValueRequests,
  options: CommandOptions,
  key: string,
): Promise<string | undefined> {
  const path = pathOf(keysPathOf(options), key, '/conflicts');
  const result = await client.control('GET', path, keyConflictsShape);
  return result.content.in_conflict ? result.content.context : undefined;
}

function resolutionOf(options: CommandOptions): Resolution {
  const strategy = options.text('strategy');
  const value = options.text('value');
  if (strategy !== undefined && value === undefined) return { kind: 'strategy', strategy };
  if (strategy !== undefined || value === undefined) {
    throw wrong('give --strategy or --value, and not both');
  }
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
