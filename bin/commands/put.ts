/** `quorate put`: writes a value: a string, JSON, or the bytes of a file. */
import { OperatingError, messageOf } from '../../lib/errors.js';
import { rawJson, type PutOptions, type Storable } from '../../lib/client/client.js';
import {
  clientOf,
  CONDITION_OPTIONS,
  conditionOptionsOf,
  WRITE_OPTIONS,
  writeOptionsOf,
} from '../client-options.js';
import type { CommandRow, Invocation } from '../command.js';
import type { CommandOptions } from '../command-options.js';
import { EXPLAIN_OPTION } from '../explain-table.js';
import type { ExitCode } from '../exit-code.js';
import { readAll, readWhole, strictTextOf } from '../read-input.js';
import type { Terminal } from '../terminal.js';
import { printWritten } from '../written.js';

export const putCommand: CommandRow = {
  name: 'put',
  group: 'Keys and values:',
  example: `put cart '["milk"]' --json --ttl 1h`,
  summary:
    'write a value: a string, or with --json JSON, or with --file bytes; - is standard input',
  arguments: '<key> [value]',
  options: [
    {
      flags: '--json',
      variable: 'QUORATE_PUT_JSON',
      summary: 'the value is JSON, and is kept as it is written',
    },
    {
      flags: '--file <path>',
      variable: 'QUORATE_PUT_FILE',
      summary: 'the value is in a file; - is standard input',
      completes: 'files',
    },
    {
      flags: '--content-type <type>',
      variable: 'QUORATE_PUT_CONTENT_TYPE',
      summary: 'type of the bytes of --file',
      default: 'application/octet-stream',
    },
    {
      flags: '--ttl <duration>',
      variable: 'QUORATE_PUT_TTL',
      summary: 'time to live: whole seconds, or 90s, 5m, 1h; keep leaves what there is',
    },
    EXPLAIN_OPTION,
    ...CONDITION_OPTIONS,
    ...WRITE_OPTIONS,
  ],
  run,
};

const STORE_BYTES = '; store bytes with --file';
const TTL_SECONDS_MAX = 315_360_000;

async function run(invocation: Invocation): Promise<ExitCode> {
  const { arguments: words, options, terminal } = invocation;
  const [key = '', argument] = words;
  const value = await valueGiven(argument, options, terminal);
  const settings: PutOptions = {
    ...{ ...writeOptionsOf(options), ...conditionOptionsOf(options) },
    ttl: ttlOf(options),
    contentType: value instanceof Uint8Array ? options.required('contentType') : undefined,
  };
  const client = await clientOf(options);
  return printWritten(key, 'put', await client.put(key, value, settings), invocation);
}

async function valueGiven(
  argument: string | undefined,
  options: CommandOptions,
  terminal: Terminal,
): Promise<Storable> {
  const file = options.text('file');
  if (file === undefined && argument === undefined) throw wrong('give a VALUE, or --file PATH');
  if (file !== undefined && argument !== undefined) throw wrong('give a VALUE or --file, not both');
  if (file === undefined) options.refuseIdle('contentType', '--file');
  const isJson = options.isSet('json');
  if (file !== undefined) {
    const isInput = file === '-';
    const bytes = isInput ? await readAll(terminal.input) : readWhole(file, `--file ${file}`);
    return isJson ? jsonValue(strictTextOf(bytes, STORE_BYTES)) : bytes;
  }
  const text =
    argument === '-' ? strictTextOf(await readAll(terminal.input), STORE_BYTES) : (argument ?? '');
  return isJson ? jsonValue(text) : text;
}

function jsonValue(text: string): Storable {
  try {
    JSON.parse(text);
  } catch (error) {
    throw wrong(`the value is not JSON: ${messageOf(error)}`);
  }
  return rawJson(text);
}

/** Bare numbers are seconds, as in the contract. */
function ttlOf(options: CommandOptions): number | 'keep' | undefined {
  const text = options.text('ttl');
  if (text === undefined || text === 'keep') return text;
  if (/^\d+$/.test(text)) return options.integer('ttl', { minimum: 1, maximum: TTL_SECONDS_MAX });
  const limits = { minimum: 1000, maximum: TTL_SECONDS_MAX * 1000 };
  const seconds = options.milliseconds('ttl', limits) / 1000;
  if (!Number.isInteger(seconds)) throw wrong('--ttl is whole seconds');
  return seconds;
}

function wrong(message: string): OperatingError {
  return new OperatingError('invalid_request', message);
}
