/** `quorate put`: writes a value: a string, JSON, or the bytes of a file. */
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { OperatingError, messageOf } from '../../lib/errors.js';
import type { PutOptions } from '../../lib/client/client.js';
import type { StoredValue } from '../../lib/client/results.js';
import { clientOf, WRITE_OPTIONS, writeOptionsOf } from '../client-options.js';
import type { CommandRow, Invocation } from '../command.js';
import type { CommandOptions } from '../command-options.js';
import type { ExitCode } from '../exit-code.js';
import { printWritten } from '../written.js';

export const putCommand: CommandRow = {
  name: 'put',
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
    ...WRITE_OPTIONS,
  ],
  run,
};

const VALUE_BYTES_MAX = 8 * 1024 * 1024;
const TTL_SECONDS_MAX = 315_360_000;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

async function run(invocation: Invocation): Promise<ExitCode> {
  const { arguments: words, options, terminal } = invocation;
  const [key = '', argument] = words;
  const value = await storedValue(argument, options, terminal.input);
  const settings: PutOptions = { ...writeOptionsOf(options), ttl: ttlOf(options) };
  const client = await clientOf(options);
  return printWritten(key, await client.put(key, value, settings), invocation);
}

async function storedValue(
  argument: string | undefined,
  options: CommandOptions,
  input: Readable,
): Promise<StoredValue> {
  const file = options.text('file');
  if ((file === undefined) === (argument === undefined)) {
    throw wrong('give a VALUE, or --file, and not both');
  }
  const isJson = options.isSet('json');
  if (file !== undefined) {
    const bytes = file === '-' ? await readAll(input) : await readWhole(file);
    return isJson
      ? jsonValue(textOf(bytes))
      : { kind: 'bytes', bytes, contentType: options.required('contentType') };
  }
  const text = argument === '-' ? textOf(await readAll(input)) : (argument ?? '');
  return isJson ? jsonValue(text) : { kind: 'json', text: JSON.stringify(text) };
}

function jsonValue(text: string): StoredValue {
  try {
    JSON.parse(text);
  } catch (error) {
    throw wrong(`the value is not JSON: ${messageOf(error)}`);
  }
  return { kind: 'json', text };
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

function textOf(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw wrong('the input is not UTF-8; store bytes with --file');
  }
}

async function readWhole(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw wrong(`--file ${file} cannot be read: ${messageOf(error)}`);
  }
}

async function readAll(input: Readable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const part = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
    bytes += part.length;
    if (bytes > VALUE_BYTES_MAX) throw wrong(`the input is above ${VALUE_BYTES_MAX} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

function wrong(message: string): OperatingError {
  return new OperatingError('invalid_request', message);
}
