/** `quorate batch`: many operations in one request, from a file of JSON or of JSON lines. */
import { z } from 'zod';
import { parseLevel } from '../../lib/coordination/request/level.js';
import { messageOf, OperatingError } from '../../lib/errors.js';
import type { Batched, BatchRow } from '../../lib/client/results.js';
import {
  clientOf,
  durabilityOf,
  DURABILITY_OPTION,
  IDEMPOTENCY_KEY_OPTION,
  READ_OPTIONS,
  readOptionsOf,
} from '../client-options.js';
import type { CommandRow, Invocation } from '../command.js';
import type { ExitCode } from '../exit-code.js';
import { EXIT, exitCodeOf } from '../exit-code.js';
import { print, table } from '../output.js';
import { readAll, readWhole, strictTextOf } from '../read-input.js';

export const batchCommand: CommandRow = {
  name: 'batch',
  group: 'Keys and values:',
  example: 'batch operations.json --level quorum',
  summary:
    'many operations at once: a file of {"operations":[...]}, or one a line; - is standard input',
  arguments: '<file>',
  options: [DURABILITY_OPTION, IDEMPOTENCY_KEY_OPTION, ...READ_OPTIONS],
  run,
};

const levelsShape = z.looseObject({
  operations: z.array(z.looseObject({ op: z.string(), level: z.string().optional() })),
});

async function run({ arguments: [file = ''], options, terminal }: Invocation): Promise<ExitCode> {
  const body = bodyOf(
    strictTextOf(file === '-' ? await readAll(terminal.input) : readWhole(file, file)),
  );
  const settings = {
    ...readOptionsOf(options, 'both'),
    durability: durabilityOf(options),
    idempotencyKey: options.text('idempotencyKey'),
  };
  checkLevels(body);
  const client = await clientOf(options);
  const result = await client.batchText(body, settings);
  const head = ['#', 'STATUS', 'KEY', 'VERSION', 'LEVEL', 'REPLICAS', 'PROBLEM'];
  print(terminal, options, {
    table: (to) => table(to, head, result.results.map(cellsOf)),
    json: () => result.text,
    value: () => result.results.map(({ text }) => `${text}\n`).join(''),
  });
  return exitOf(result);
}

/** Of each operation that names one. @throws OperatingError `invalid_level`, with its number */
function checkLevels(body: string): void {
  const { success, data } = levelsShape.safeParse(JSON.parse(body));
  if (!success) return;
  for (const [i, { op, level }] of data.operations.entries()) {
    if (level === undefined) continue;
    try {
      parseLevel(level, op === 'get' ? 'read' : 'write');
    } catch (error) {
      throw new OperatingError('invalid_level', `operation ${i}: ${messageOf(error)}`);
    }
  }
}

/** The node judges what the operations say; here only lines are told from one document. */
function bodyOf(text: string): string {
  if (isBatch(text)) return text;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  for (const [i, line] of lines.entries()) {
    try {
      JSON.parse(line);
    } catch (error) {
      throw wrong(`line ${i + 1} is not JSON: ${messageOf(error)}`);
    }
  }
  return `{"operations":[${lines.join(',')}]}`;
}

function isBatch(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && 'operations' in parsed;
  } catch {
    return false;
  }
}

function cellsOf(row: BatchRow, i: number): string[] {
  const { status, key = '', version = '-', receipt, code, detail } = row;
  const { level = '-', replicas = '-' } = receipt;
  const problem = code === undefined ? '-' : `${code}: ${detail ?? ''}`;
  return [String(i), String(status), key, version, level, replicas, problem];
}

/** An unknown outcome outweighs all; else the first failure speaks for the others. */
function exitOf({ results }: Batched<BatchRow>): ExitCode {
  const failures = results.flatMap(({ code, outcome }) =>
    code === undefined ? [] : [exitCodeOf({ code, outcome })],
  );
  if (failures.includes(EXIT.outcomeUnknown)) return EXIT.outcomeUnknown;
  return failures[0] ?? EXIT.done;
}

function wrong(message: string): OperatingError {
  return new OperatingError('invalid_request', message);
}
