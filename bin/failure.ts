/** What a command says, on standard error, of an answer that is none. */
import { z } from 'zod';
import type { Problem } from '../lib/client/quorate-error.js';
import type { ErrorCode } from '../lib/errors.js';
import { ADVICE } from './advice.js';
import { printExplanationIn } from './explain-table.js';
import type { ExitCode } from './exit-code.js';
import { exitCodeOf } from './exit-code.js';
import { visible } from './output.js';
import { advised, type Terminal } from './terminal.js';

const problemsShape = z.array(z.looseObject({ field: z.string(), message: z.string() }));

/** Members that every problem has: they are in the first line, or are for programs. */
const COMMON = new Set([
  ...['type', 'title', 'status', 'detail', 'code', 'retryable', 'outcome', 'request_id'],
  ...['explain', 'field', 'problems'],
]);

export function fail(terminal: Terminal, problem: Problem): ExitCode {
  const { err } = terminal;
  const { code, detail, outcome, text } = problem;
  const unknown = outcome === 'unknown' ? '; it may have happened, or may yet' : '';
  err(`quorate: ${visible(detail)} (${visible(code)})${unknown}\n`);
  for (const line of detailLines(text)) err(`${line}\n`);
  const advice = ADVICE[code as ErrorCode];
  if (advice !== undefined) err(`  try: ${advised(terminal, advice)}\n`);
  printExplanationIn(terminal, text);
  return exitCodeOf(problem);
}

/** What helps: `required: 2`, `up: n1`, and the like. */
function detailLines(text: string | undefined): string[] {
  if (text === undefined) return [];
  const problem = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const told = Object.entries(problem)
    .filter(([name]) => !COMMON.has(name))
    .map(([name, value]) => `  ${visible(name)}: ${visible(textOf(value))}`);
  return [...told, ...furtherProblems(problem['problems'])];
}

/** Of several fields at fault the first is in the first line. */
function furtherProblems(problems: unknown): string[] {
  const { success, data } = problemsShape.safeParse(problems);
  if (!success) return [];
  const further = data.slice(1).filter(({ field }) => field !== 'body');
  return further.map(({ field, message }) => `  ${visible(field)}: ${visible(message)}`);
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, one]) => `${name} ${textOf(one)}`)
    .join(', ');
}
