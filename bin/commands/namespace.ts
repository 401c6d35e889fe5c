/** `quorate namespace`: namespaces and their rules: made, changed, shown, deleted. */
import { z } from 'zod';
import { namespacePathOf, withQuery } from '../../lib/client/key-path.js';
import { QuorateError } from '../../lib/client/quorate-error.js';
import type { Answered } from '../../lib/client/results.js';
import { OperatingError } from '../../lib/errors.js';
import { maybeText, cellText } from '../answer-shapes.js';
import { clientOf, CONTROL_OPTIONS } from '../client-options.js';
import type { CommandRow, Invocation } from '../command.js';
import { DRY_RUN_LINE, printControl } from '../control-command.js';
import type { ExitCode } from '../exit-code.js';
import type { OptionRow } from '../option-row.js';
import { table } from '../output.js';
import { showElapsed } from '../progress.js';
import { rulesAfter, rulesOf } from '../rules-text.js';

const PATH = '/api/v1/namespaces';

const rulesShape = z.record(z.string(), z.unknown());
const viewShape = z.looseObject({
  namespace: z.string(),
  rules: rulesShape,
  effective: rulesShape.default({}),
  /** What a change is bound to. */
  version: z.string(),
});
const listShape = z.looseObject({ namespaces: z.array(viewShape) });
const changedShape = z.looseObject({
  namespace: z.string(),
  rules: rulesShape.nullish(),
  dry_run: z.boolean().default(false),
});
const historyShape = z.looseObject({
  history: z.array(
    z.looseObject({
      ...{ at: maybeText, node: maybeText, by: maybeText },
      ...{ from: z.unknown().optional(), to: z.unknown().optional() },
    }),
  ),
});

const DRY_RUN: OptionRow = {
  flags: '--dry-run',
  variable: 'QUORATE_NAMESPACE_DRY_RUN',
  summary: 'show the result, change nothing',
};
const CHANGE_OPTIONS: readonly OptionRow[] = [
  DRY_RUN,
  {
    flags: '--if-match <version>',
    variable: 'QUORATE_NAMESPACE_IF_MATCH',
    summary: 'only if this is still the version of the settings',
  },
  ...CONTROL_OPTIONS,
];
/** A change is made of what was read; where the settings are others by then, it reads again. */
const TRIES_MAX = 5;

const listCommand: CommandRow = {
  name: 'list',
  example: 'namespace list',
  summary: 'list the namespaces',
  options: CONTROL_OPTIONS,
  run: list,
};

export const namespaceCommand: CommandRow = {
  ...listCommand,
  name: 'namespace',
  group: 'State of the cluster:',
  example: 'namespace create shop default_level=one',
  summary: 'list, make, change or delete namespaces',
  commands: [
    listCommand,
    {
      name: 'show',
      example: 'namespace show shop',
      summary: 'show the rules of a namespace, and what holds where it has none',
      arguments: '<namespace>',
      options: CONTROL_OPTIONS,
      run: show,
    },
    {
      name: 'create',
      example: 'namespace create shop default_level=one durability=os',
      summary: 'make a namespace, with rules or without',
      arguments: '<namespace> [rule=value...]',
      completes: 'rules',
      options: [DRY_RUN, ...CONTROL_OPTIONS],
      run: create,
    },
    {
      name: 'change',
      example: 'namespace change shop allowed_levels=one,quorum default_ttl_s= --dry-run',
      summary: 'change the rules that are named; a rule without a value is taken away',
      arguments: '<namespace> <rule=value...>',
      completes: 'rules',
      options: CHANGE_OPTIONS,
      run: change,
    },
    {
      name: 'delete',
      example: 'namespace delete shop --confirm shop',
      summary: 'delete a namespace that holds no keys, or with all of them',
      arguments: '<namespace>',
      options: [
        {
          flags: '--confirm <namespace>',
          variable: 'QUORATE_NAMESPACE_CONFIRM',
          summary: 'the name once more',
        },
        {
          flags: '--with-keys',
          variable: 'QUORATE_NAMESPACE_WITH_KEYS',
          summary: 'also where it holds keys: they do not come back',
        },
        ...CHANGE_OPTIONS,
      ],
      run: remove,
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
        namespaces.map(({ namespace, rules }) => [namespace, textOf(rules)]),
      ),
    value: ({ namespaces }) => namespaces.map(({ namespace }) => namespace).join('\n'),
  });
}

async function show(invocation: Invocation): Promise<ExitCode> {
  const client = await clientOf(invocation.options);
  const result = await client.control('GET', pathOfNamespace(invocation), viewShape);
  return printControl(invocation, result, {
    table: (to, { rules, effective }) =>
      table(
        to,
        ['RULE', 'VALUE', 'OF'],
        Object.entries(effective).map(([name, value]) => [
          ...[name, String(value), name in rules ? 'the namespace' : 'the cluster'],
        ]),
      ),
    value: ({ rules }) => JSON.stringify(rules),
  });
}

async function create(invocation: Invocation): Promise<ExitCode> {
  const [, ...words] = invocation.arguments;
  const client = await clientOf(invocation.options);
  const path = changePathOf(invocation);
  const onlyNew = { 'if-none-match': '*' };
  const rules = rulesOf(words, (name) => {
    throw new OperatingError('invalid_request', `"${name}" has no value`);
  });
  return printChange(invocation, await client.control('PUT', path, changedShape, rules, onlyNew));
}

async function change(invocation: Invocation): Promise<ExitCode> {
  const { options } = invocation;
  const [, ...words] = invocation.arguments;
  const client = await clientOf(options);
  const given = options.text('ifMatch');
  for (let tries = 1; ; tries += 1) {
    const before = await client.control('GET', pathOfNamespace(invocation), viewShape);
    const { rules, version } = before.content;
    const onThis = { 'if-match': `"${given ?? version}"` };
    const after = rulesAfter(rules, words);
    try {
      const path = changePathOf(invocation);
      const result = await client.control('PUT', path, changedShape, after, onThis);
      return printChange(invocation, result);
    } catch (error) {
      const isLate = error instanceof QuorateError && error.code === 'precondition_failed';
      if (!isLate || given !== undefined || tries === TRIES_MAX) throw error;
    }
  }
}

async function remove(invocation: Invocation): Promise<ExitCode> {
  const { options } = invocation;
  const [name = ''] = invocation.arguments;
  const confirm = options.text('confirm');
  if (confirm === undefined) {
    const whole = `quorate namespace delete ${name} --confirm ${name}`;
    throw new OperatingError('invalid_request', `say the name once more: ${whole}`);
  }
  const client = await clientOf(options);
  const path = withQuery(changePathOf(invocation), {
    ...{ confirm, with_keys: options.isSet('withKeys') ? '1' : undefined },
  });
  const version = options.text('ifMatch');
  const headers = version === undefined ? {} : { 'if-match': `"${version}"` };
  const endProgress = showElapsed(invocation.terminal, 'the keys of the namespace are deleted');
  const result = await client
    .control('DELETE', path, changedShape, undefined, headers)
    .finally(endProgress);
  return printChange(invocation, result);
}

function printChange(
  invocation: Invocation,
  result: Answered<z.infer<typeof changedShape>>,
): ExitCode {
  return printControl(invocation, result, {
    table: (to, { namespace, rules, dry_run: isDry }) => {
      const gone = isDry ? 'would be deleted' : 'deleted';
      const head = ['NAMESPACE', isDry ? 'RULES WOULD BE' : 'RULES'];
      const shown = table(to, head, [[namespace, rules ? textOf(rules) : gone]]);
      return isDry ? `${shown}\n${DRY_RUN_LINE}\n` : shown;
    },
    value: ({ rules = null }) => JSON.stringify(rules),
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
          ...[at, node, by, JSON.stringify(from), JSON.stringify(after)].map(cellText),
        ]),
      ),
    value: ({ history: rows }) => rows.map(({ at }) => cellText(at)).join('\n'),
  });
}

function textOf(rules: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(rules).map(([name, value]) => `${name}=${String(value)}`);
  return words.length === 0 ? '-' : words.join(' ');
}

function pathOfNamespace({ arguments: [namespace = ''] }: Invocation): string {
  return namespacePathOf(namespace);
}

function changePathOf(invocation: Invocation): string {
  const isDry = invocation.options.isSet('dryRun');
  return withQuery(pathOfNamespace(invocation), { dry_run: isDry ? '1' : undefined });
}
