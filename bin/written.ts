/** The answer of a write, for put and delete. */
import type { Written } from '../lib/client/results.js';
import { printExplanation } from './explain-table.js';
import type { Invocation } from './command.js';
import type { ExitCode } from './exit-code.js';
import { EXIT } from './exit-code.js';
import { jsonText, print, table } from './output.js';

export function printWritten(
  key: string,
  result: Written,
  { options, terminal }: Invocation,
): ExitCode {
  const { version, context, replaced, beside, receipt } = result;
  const { level = '', replicas = '', explanation } = receipt;
  const head = ['KEY', 'VERSION', 'REPLACED', 'LEVEL', 'REPLICAS', 'CONTEXT'];
  print(terminal, options, {
    table: (to) =>
      table(to, head, [[key, version, replaced.join(' ') || '-', level, replicas, context]]),
    json: () => {
      const written = { key, version, context, replaced, beside, level, replicas };
      return jsonText({ ...written, explain: explanation });
    },
    // What the next write of this key wants.
    value: () => context,
  });
  if (beside.length > 0) {
    const stand = `${beside.length} more ${beside.length === 1 ? 'value stands' : 'values stand'}`;
    terminal.err(`quorate: ${stand} beside it: quorate resolve KEY --strategy NAME\n`);
  }
  if (options.text('output') !== 'json') printExplanation(terminal, explanation);
  return EXIT.done;
}
