/** The answer of a write, for put and delete. */
import type { WriteResult } from '../lib/client/results.js';
import type { Invocation } from './command.js';
import type { ExitCode } from './exit-code.js';
import { EXIT } from './exit-code.js';
import { fail } from './failure.js';
import { jsonText, print, table } from './output.js';

export function printWritten(
  key: string,
  result: WriteResult,
  { options, terminal }: Invocation,
): ExitCode {
  if (result.kind === 'problem') return fail(terminal, result);
  const { version, context, replaced, beside, receipt } = result;
  const { level = '', replicas = '' } = receipt;
  const head = ['KEY', 'VERSION', 'REPLACED', 'LEVEL', 'REPLICAS', 'CONTEXT'];
  print(terminal, options, {
    table: (to) =>
      table(to, head, [[key, version, replaced.join(' ') || '-', level, replicas, context]]),
    json: () => jsonText({ key, version, context, replaced, beside, level, replicas }),
    // What the next write of this key wants.
    value: () => context,
  });
  return EXIT.done;
}
