/** `quorate namespace`: namespaces and their rules: list, show, make or change, delete. */
import { z } from 'zod';
import { basePathOf } from '../../lib/client/key-path.js';
import { OperatingError } from '../../lib/errors.js';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow, Invocation } from '../command.js';
import { printControl } from '../control-command.js';
import type { ExitCode } from '../exit-code.js';
import type { OptionRow } from '../option-row.js';
import { table } from '../output.js';

const PATH = '/api/v1/namespaces';

const rulesShape = z.record(z.string(), z.unknown());
const oneShape = z.looseObject({ namespace: z.string(), rules: rulesShape.nullable() });
const listShape = z.looseObject({ namespaces: z.array(oneShape) });
const historyShape = z.looseObject({
  history: z.array(
    z.looseObject({
      at: z.string(),
      node: z.string(),
      by: z.string(),
      from: z.unknown(),
      to: z.unknown(),
    }),
  ),
});

const CHANGE_OPTIONS: readonly OptionRow[] = [
  {
    flags: '--dry-run',
    variable: 'QUORATE_NAMESPACE_DRY_RUN',
    summary: 'show the result, change nothing',
  },
  {
    flags: '--if-match <version>',
    variable: 'QUORATE_NAMESPACE_IF_MATCH',
    summary: 'only if this is still the version of the settings',
  },
  ...CONTROL_OPTIONS,
];

const listCommand: CommandRow = {
  name: 'list',
  example: 'namespace list',
  summary: 'list the namespaces beside the default one',
  options: CONTROL_OPTIONS,
  run: list,
};

export const namespaceCommand: CommandRow = {
  ...listCommand,
  name: 'namespace',
  group: 'State of the cluster:',
  example: 'namespace put shop default_level=one',
  summary: 'list, make, change or delete namespaces',
  commands: [
    listCommand,
    {
      name: 'get',
      example: 'namespace get shop',
      summary: 'show the rules of a namespace',
      arguments: '<namespace>',
      options: CONTROL_OPTIONS,
      run: (invocation) => ask(invocation, 'GET', '', undefined),
    },
    {
      name: 'put',
      example: 'namespace put shop default_level=one allowed_levels=one,quorum',
      summary: 'make a namespace, or replace its rules: default_level=one durability=os',
      arguments: '<namespace> [rule=value...]',
      options: CHANGE_OPTIONS,
      run: (invocation) => {
        const [, ...rules] = invocation.arguments;
        return ask(invocation, 'PUT', '', rulesOf(rules));
      },
    },
    {
      name: 'delete',
      example: 'namespace delete shop --confirm shop',
      summary: 'delete a namespace that holds no keys',
      arguments: '<namespace>',
      options: [
        {
          flags: '--confirm <namespace>',
          variable: 'QUORATE_NAMESPACE_CONFIRM',
          summary: 'the name once more',
        },
        ...CHANGE_OPTIONS,
      ],
      run: (invocation) => {
        const confirm = invocation.options.required('confirm');
        return ask(invocation, 'DELETE', `confirm=${encodeURIComponent(confirm)}`, undefined);
      },
    },
    {
      name: 'history',
      example: 'namespace history shop',
      summary: 'show who changed the rules of a namespace, newest first',
      arguments: '<namespace>',
      options: CONTROL_OPTIONS,
      run: history,
    },
  ],
};

async function list(invocation: Invocation): Promise<ExitCode> {
  const client = await clientOf(invocation.options);
  return printControl(invocation, await client.control('GET', PATH, listShape), {
    table: (to, { namespaces }) =>
      table(
        to,
        ['NAMESPACE', 'RULES'],
        namespaces.map(({ namespace, rules }) => [namespace, JSON.stringify(rules)]),
      ),
    value: ({ namespaces }) => namespaces.map(({ namespace }) => namespace).join('\n'),
  });
}

async function ask(
  invocation: Invocation,
  method: 'GET' | 'PUT' | 'DELETE',
  query: string,
  body: unknown,
): Promise<ExitCode> {
  const { options } = invocation;
  const client = await clientOf(options);
  const isDry = method !== 'GET' && options.isSet('dryRun');
  const parameters = [query, isDry ? 'dry_run=1' : ''].filter((text) => text !== '').join('&');
  const path = `${pathOfNamespace(invocation)}${parameters === '' ? '' : `?${parameters}`}`;
  const version = method === 'GET' ? undefined : options.text('ifMatch');
  const headers = version === undefined ? {} : { 'if-match': `"${version}"` };
  return printControl(invocation, await client.control(method, path, oneShape, body, headers), {
    table: (to, { rules }) =>
      rules === null
        ? 'deleted\n'
        : table(
            to,
            ['RULE', 'VALUE'],
            Object.entries(rules).map(([name, value]) => [name, String(value)]),
          ),
    value: ({ rules }) => JSON.stringify(rules),
  });
}

async function history(invocation: Invocation): Promise<ExitCode> {
  const client = await clientOf(invocation.options);
  const path = `${pathOfNamespace(invocation)}/history`;
  return printControl(invocation, await client.control('GET', path, historyShape), {
    table: (to, { history: rows }) =>
      table(
        to,
        ['AT', 'NODE', 'BY', 'FROM', 'TO'],
        rows.map(({ at, node, by, from, to: after }) => [
          ...[at, node, by, JSON.stringify(from), JSON.stringify(after)],
        ]),
      ),
    value: ({ history: rows }) => rows.map(({ at }) => at).join('\n'),
  });
}

function pathOfNamespace({ arguments: [namespace = ''] }: Invocation): string {
  return namespace === 'default' ? `${PATH}/default` : basePathOf(namespace);
}

/** `name=value`: numbers as such, lists of levels by commas. */
function rulesOf(words: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    words.map((word) => {
      const split = word.indexOf('=');
      if (split < 1) {
        throw new OperatingError('invalid_request', `"${word}" is not RULE=VALUE`);
      }
      const [name, text] = [word.slice(0, split), word.slice(split + 1)];
      if (name === 'allowed_levels') return [name, text.split(',')];
      return [name, /^[0-9]+$/.test(text) && !name.endsWith('level') ? Number(text) : text];
    }),
  );
}
