/** `quorate get`: the value of a key, or its siblings. */
import type { Found, GetResult, InConflict, NotFound } from '../../lib/client/results.js';
import { clientOf, READ_OPTIONS, readOptionsOf } from '../client-options.js';
import type { CommandRow, Invocation } from '../command.js';
import { EXPLAIN_OPTION, printExplanation } from '../explain-table.js';
import type { ExitCode } from '../exit-code.js';
import { EXIT } from '../exit-code.js';
import type { Views } from '../output.js';
import { toJsonMembers, jsonText, objectText, OUTPUT_OPTION, print, table } from '../output.js';
import { shellWord } from '../shell-word.js';
import { programOf } from '../terminal.js';
import { lineOfValue, membersOfValue, plainValue, textOfValue } from '../value-text.js';

const REPAIRS = ['await', 'async', 'none'] as const;

export const getCommand: CommandRow = {
  name: 'get',
  group: 'Keys and values:',
  example: 'get cart --level quorum -o json',
  summary: 'read the value of a key',
  arguments: '<key>',
  options: [
    {
      flags: '--read-repair <when>',
      variable: 'QUORATE_GET_READ_REPAIR',
      summary: 'when lagging replicas are repaired; without it by chance',
      choices: REPAIRS,
    },
    {
      flags: '--version <version>',
      variable: 'QUORATE_GET_VERSION',
      summary: 'one version, current or kept, instead of what the key holds',
    },
    EXPLAIN_OPTION,
    ...READ_OPTIONS.map((row) =>
      row === OUTPUT_OPTION ? { ...OUTPUT_OPTION, default: 'value' } : row,
    ),
  ],
  run,
};

async function run({ arguments: [key = ''], options, terminal }: Invocation): Promise<ExitCode> {
  const client = await clientOf(options);
  const result: GetResult = await client.get(key, {
    ...readOptionsOf(options),
    readRepair:
      options.text('readRepair') === undefined ? undefined : options.oneOf('readRepair', REPAIRS),
    version: options.text('version'),
  });
  const explained = (): void => {
    if (options.text('output') !== 'json') printExplanation(terminal, result.receipt.explanation);
  };
  switch (result.kind) {
    case 'value':
      print(terminal, options, viewsOfValue(key, result));
      explained();
      return EXIT.done;
    case 'siblings':
      print(terminal, options, viewsOfSiblings(result));
      terminal.err(
        `quorate: ${result.siblings.length} siblings; resolve them by a strategy, or by a put ` +
          'with their context:\n' +
          `  ${programOf(terminal)} resolve ${shellWord(key)} --strategy last-writer\n` +
          `  ${programOf(terminal)} put ${shellWord(key)} VALUE --context ${result.context}\n`,
      );
      explained();
      return EXIT.siblings;
    case 'not-found':
      print(terminal, options, viewsOfNothing(key, result));
      terminal.err(`quorate: no value, at level ${result.receipt.level}\n`);
      if (result.context !== undefined) {
        terminal.err(`a put with what was read:\n  --context ${result.context}\n`);
      }
      explained();
      return EXIT.notFound;
  }
}

function viewsOfValue(key: string, found: Found): Views {
  const { stored, version, context, writtenAt, expiresAt, receipt } = found;
  const head = ['KEY', 'VALUE', 'VERSION', 'WRITTEN', 'EXPIRES', 'LEVEL', 'REPLICAS', 'CONTEXT'];
  const { level = '', replicas = '', stalenessBound: bound } = receipt;
  const shown = bound === undefined ? level : `${level} (${bound})`;
  return {
    table: (terminal) =>
      table(terminal, head, [
        [key, textOfValue(stored), version, writtenAt, expiresAt ?? '-', shown, replicas, context],
      ]),
    json: () =>
      objectText({
        key: JSON.stringify(key),
        ...membersOfValue(stored),
        ...toJsonMembers({ version, context, written_at: writtenAt, expires_at: expiresAt }),
        ...toJsonMembers({ level, replicas, staleness_bound: bound }),
        ...toJsonMembers({ explain: receipt.explanation }),
      }),
    value: () => plainValue(stored),
  };
}

/** There is no value to show; a program that reads JSON wants the context all the same. */
function viewsOfNothing(key: string, { context, receipt }: NotFound): Views {
  const { level, replicas, stalenessBound, explanation: explain } = receipt;
  const shown = { key, context, level, replicas, staleness_bound: stalenessBound, explain };
  return {
    table: () => '',
    json: () => jsonText(shown),
    value: () => '',
  };
}

function viewsOfSiblings({ siblings, text }: InConflict): Views {
  return {
    table: (terminal) =>
      table(
        terminal,
        ['VALUE', 'VERSION', 'WRITTEN', 'BY'],
        siblings.map(({ stored, version, writtenAt, writtenBy }) => [
          ...[textOfValue(stored), version, writtenAt, writtenBy],
        ]),
      ),
    json: () => text,
    value: () => siblings.map(({ stored }) => lineOfValue(stored)).join(''),
  };
}
