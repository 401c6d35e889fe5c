/** What a command says, on standard error, of an answer that is none. */
import type { Problem } from '../lib/client/results.js';
import type { ExitCode } from './exit-code.js';
import { exitCodeOf } from './exit-code.js';
import { visible } from './output.js';
import type { Terminal } from './terminal.js';

export function fail({ err }: Terminal, problem: Problem): ExitCode {
  const { code, detail, outcome } = problem;
  const unknown = outcome === 'unknown' ? '; it may have happened, or may yet' : '';
  err(`quorate: ${visible(detail)} (${visible(code)})${unknown}\n`);
  return exitCodeOf(problem);
}
