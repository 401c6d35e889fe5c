/** The answer of a write, for put and delete. */
import type { Written } from '../lib/client/results.js';
import { printExplanation } from './explain-table.js';
import type { Invocation } from './command.js';
import type { ExitCode } from './exit-code.js';
import { EXIT } from './exit-code.js';
import { jsonText, print, table } from './output.js';
import { shellWord } from './shell-word.js';
import { advised } from './terminal.js';

export function printWritten(
  key: string,
  what: 'put' | 'delete',
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
  if (beside.length > 0) terminal.err(advised(terminal, leftText(key, beside.length, what)));
  if (options.text('output') !== 'json') printExplanation(terminal, explanation);
  return EXIT.done;
}

/** The write is done, and the key has values that its writer has not seen. */
function leftText(key: string, others: number, what: 'put' | 'delete'): string {
  const values = others + (what === 'put' ? 1 : 0);
  const name = shellWord(key);
  if (values === 1)
    return `quorate: one value is left that this did not cover: quorate get ${name}\n`;
  return (
    `quorate: the key has ${values} siblings now; read them, and resolve them:\n` +
    `  quorate get ${name}\n` +
    `  quorate resolve ${name} --strategy last-writer\n`
  );
}
