/** `quorate config`: the settings of the cluster: read, change, look back, go back. */
import { z } from 'zod';
import type { Answered } from '../../lib/client/results.js';
import { OperatingError } from '../../lib/errors.js';
import { maybeText, cellText } from '../answer-shapes.js';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow, Invocation } from '../command.js';
import type { OptionRow } from '../option-row.js';
import { DRY_RUN_LINE, printControl, settingsShape } from '../control-command.js';
import type { ExitCode } from '../exit-code.js';
import { table } from '../output.js';
import type { Terminal } from '../terminal.js';

const PATH = '/api/v1/config/consistency';

const historyShape = z.looseObject({
  history: z.array(
    z.looseObject({
      version: z.string(),
      at: maybeText,
      node: maybeText,
      by: maybeText,
      changed: z
        .record(
          z.string(),
          z.looseObject({ from: z.unknown().optional(), to: z.unknown().optional() }),
        )
        .default({}),
    }),
  ),
});

const CHANGE_OPTIONS: readonly OptionRow[] = [
  {
    flags: '--dry-run',
    variable: 'QUORATE_CONFIG_DRY_RUN',
    summary: 'show the result, change nothing',
  },
  {
    flags: '--if-match <version>',
    variable: 'QUORATE_CONFIG_IF_MATCH',
    summary: 'only if this is still the version',
  },
  ...CONTROL_OPTIONS,
];

const getCommand: CommandRow = {
  name: 'get',
  example: 'config get default_level',
  summary: 'show the settings, or the value of one',
  arguments: '[name]',
  completes: 'settings',
  options: CONTROL_OPTIONS,
  run: get,
};

export const configCommand: CommandRow = {
  ...getCommand,
  name: 'config',
  group: 'State of the cluster:',
  example: 'config set default_level=one --dry-run',
  summary: 'show or change the settings of the cluster',
  commands: [
    getCommand,
    {
      name: 'set',
      example: 'config set default_level=one read_repair_probability=0.2',
      summary: 'change settings on all nodes: default_level=one blind_writes=sibling',
      arguments: '<name=value...>',
      completes: 'changes',
      options: CHANGE_OPTIONS,
      run: (invocation) => change(invocation, PATH, fieldsOf(invocation.arguments)),
    },
    {
      name: 'history',
      example: 'config history',
      summary: 'show who changed what, newest first',
      options: CONTROL_OPTIONS,
      run: history,
    },
    {
      name: 'rollback',
      example: 'config rollback 4-n1',
      summary: 'go back to the settings as they were at a version',
      arguments: '<version>',
      options: CHANGE_OPTIONS,
      run: (invocation) => {
        const [version = ''] = invocation.arguments;
        return change(invocation, `${PATH}/rollback`, { version });
      },
    },
  ],
};

async function get(invocation: Invocation): Promise<ExitCode> {
  const client = await clientOf(invocation.options);
  return printSettings(invocation, await client.control('GET', PATH, settingsShape));
}

async function change(invocation: Invocation, path: string, body: unknown): Promise<ExitCode> {
  const { options } = invocation;
  const client = await clientOf(options);
  const version = options.text('ifMatch');
  const result = await client.control(
    'POST',
    options.isSet('dryRun') ? `${path}?dry_run=1` : path,
    settingsShape,
    body,
    version === undefined ? {} : { 'if-match': `"${version}"` },
  );
  return printSettings({ ...invocation, arguments: [] }, result);
}

function printSettings(
  invocation: Invocation,
  result: Answered<z.infer<typeof settingsShape>>,
): ExitCode {
  const [name] = invocation.arguments;
  if (name !== undefined) {
    const value = result.content.settings[name];
    if (value === undefined) throw unknownSetting(name, Object.keys(result.content.settings));
    const content = { ...result.content, settings: { [name]: value } };
    return printSettings(
      { ...invocation, arguments: [] },
      { ...result, content, text: JSON.stringify(content) },
    );
  }
  return printControl(invocation, result, {
    table: (terminal, { settings, version, nodes, dry_run: isDry }) =>
      `${table(terminal, ['SETTING', isDry ? 'WOULD BE' : 'VALUE'], rowsOf(settings))}\n` +
      `${isDry ? DRY_RUN_LINE : `version ${cellText(version)}, on ${nodes.join(', ')}`}\n`,
    value: ({ settings }) => {
      const values = Object.entries(settings);
      const [only] = values;
      if (values.length === 1 && only !== undefined) return String(only[1]);
      return values.map(([setting, value]) => `${setting}=${String(value)}`).join('\n');
    },
  });
}

async function history(invocation: Invocation): Promise<ExitCode> {
  const client = await clientOf(invocation.options);
  const result = await client.control('GET', `${PATH}/history`, historyShape);
  const view = (terminal: Terminal, { history: rows }: z.infer<typeof historyShape>): string =>
    table(
      terminal,
      ['VERSION', 'AT', 'NODE', 'BY', 'CHANGED'],
      rows.map(({ version, at, node, by, changed }) => [
        ...[version, at, node, by].map(cellText),
        Object.entries(changed)
          .map(([name, { from, to }]) => `${name}: ${String(from ?? '-')} -> ${String(to ?? '-')}`)
          .join(', '),
      ]),
    );
  return printControl(invocation, result, {
    table: view,
    value: ({ history: rows }) => rows.map(({ version }) => version).join('\n'),
  });
}

/** Numbers are numbers, everything else is text; the node judges. */
function fieldsOf(words: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf('=');
      if (equals < 1) {
        throw new OperatingError('invalid_request', `${JSON.stringify(word)} is not name=value`);
      }
      const value = word.slice(equals + 1);
      const name = word.slice(0, equals);
      // A level may be a number of primaries: as a text.
      const isNumber = !name.endsWith('_level') && /^-?\d+(?:\.\d+)?$/.test(value);
      return [name, isNumber ? Number(value) : value];
    }),
  );
}

function unknownSetting(name: string, known: readonly string[]): OperatingError {
  return new OperatingError('invalid_request', `no setting ${name}; there are ${known.join(', ')}`);
}

function rowsOf(settings: Readonly<Record<string, unknown>>): string[][] {
  return Object.entries(settings).map(([name, value]) => [name, String(value)]);
}
