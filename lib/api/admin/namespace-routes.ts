/** Namespaces over HTTP: made, changed, listed, deleted, with history and dry run (M2). */
import { z } from 'zod';
import { namespaceRules } from '../../membership/namespace-rules.js';
import type { NamespaceAnswer, NamespacesControl } from '../../membership/namespaces.js';
import type { ChangeOptions } from '../../membership/settings-types.js';
import { flag, parameter } from '../http/query.js';
import { invalid } from '../http/refusals.js';
import type { HttpReply } from '../http/reply.js';
import { timeText } from '../http/version-text.js';
import { jsonReply, versionOfTag } from './control-reply.js';
import type { ControlCall, ControlRoute, ParameterRow } from './route.js';

const PATH = '/api/v1/namespaces';
const ONE = `${PATH}/:namespace`;

const NAME: ParameterRow = {
  name: 'namespace',
  in: 'path',
  description: '1 to 63 small letters, digits and hyphens.',
};
const DRY_RUN: ParameterRow = {
  name: 'dry_run',
  in: 'query',
  description: 'Validates and shows the result; changes nothing.',
  schema: { type: 'string', const: '1' },
};
const IF_MATCH: ParameterRow = {
  name: 'If-Match',
  in: 'header',
  description: 'The version of the settings that is to be changed; 412 where it is another by now.',
};
const CONFIRM: ParameterRow = {
  name: 'confirm',
  in: 'query',
  description: 'The name of the namespace once more.',
};

const oneShape = z.strictObject({ namespace: z.string(), rules: namespaceRules });
const changedShape = z.strictObject({
  namespace: z.string(),
  /** Null: it is deleted. */
  rules: namespaceRules.nullable(),
  version: z.string(),
  /** Known to have this version durably. */
  nodes: z.array(z.string()),
  dry_run: z.literal(true).optional(),
});
const listShape = z.strictObject({ namespaces: z.array(oneShape) });
const historyShape = z.strictObject({
  namespace: z.string(),
  history: z.array(
    z.strictObject({
      at: z.iso.datetime(),
      node: z.string(),
      by: z.string(),
      from: z.unknown(),
      to: z.unknown(),
    }),
  ),
});

const NOT_THERE = { 404: { description: 'There is no such namespace (`not_found`).' } };
const CHANGED = {
  200: { description: 'The rules after it, and which nodes have them.', schema: changedShape },
  403: { description: 'The default namespace is under the settings of the cluster.' },
  412: { description: 'The version is another by now (`precondition_failed`).' },
  503: { description: 'No majority of nodes is up (`settings_unavailable`).' },
};

const tag = 'Settings';

export function namespaceRoutes(namespaces: NamespacesControl): readonly ControlRoute[] {
  return [...lookRoutes(namespaces), ...changeRoutes(namespaces)];
}

function lookRoutes(namespaces: NamespacesControl): readonly ControlRoute[] {
  return [
    {
      ...{ method: 'GET', path: PATH, operationId: 'listNamespaces', tag },
      summary: 'The namespaces beside the default one, as this node knows them',
      parameters: [],
      answers: { 200: { description: 'Their rules.', schema: listShape } },
      handle: () => {
        const all = [...namespaces.list()];
        return jsonReply({ namespaces: all.map(([namespace, rules]) => ({ namespace, rules })) });
      },
    },
    {
      ...{ method: 'GET', path: ONE, operationId: 'getNamespace', tag },
      summary: 'The rules of a namespace; what they leave out is as in the cluster',
      parameters: [NAME],
      answers: { 200: { description: 'Its rules.', schema: oneShape }, ...NOT_THERE },
      handle: (call) => {
        const namespace = nameOf(call);
        return jsonReply({ namespace, rules: namespaces.rulesOf(namespace) });
      },
    },
    {
      ...{ method: 'GET', path: `${ONE}/history`, operationId: 'getNamespaceHistory', tag },
      summary: 'Who changed the rules of a namespace, and when; newest first',
      parameters: [NAME],
      answers: { 200: { description: 'The changes.', schema: historyShape } },
      handle: (call) => {
        const namespace = nameOf(call);
        const history = namespaces.history(namespace).map((change) => {
          return { ...change, at: timeText(change.at) };
        });
        return jsonReply({ namespace, history });
      },
    },
  ];
}

function changeRoutes(namespaces: NamespacesControl): readonly ControlRoute[] {
  return [
    {
      ...{ method: 'PUT', path: ONE, operationId: 'putNamespace', tag },
      summary: 'Makes a namespace, or replaces its rules, on all nodes',
      parameters: [NAME, DRY_RUN, IF_MATCH],
      body: { 'application/json': namespaceRules },
      bodyExample: { default_level: 'one', allowed_levels: ['one', 'quorum'] },
      answers: CHANGED,
      handle: async (call) => {
        const options = optionsOf(call);
        return answerOf(await namespaces.put(nameOf(call), call.body, options), options);
      },
    },
    {
      ...{ method: 'DELETE', path: ONE, operationId: 'deleteNamespace', tag },
      summary: 'Deletes a namespace that holds no keys',
      parameters: [NAME, CONFIRM, DRY_RUN, IF_MATCH],
      answers: {
        ...CHANGED,
        ...NOT_THERE,
        409: { description: 'It holds keys (`namespace_not_empty`).' },
      },
      handle: async (call) => {
        const namespace = nameOf(call);
        if (parameter(call.query, 'confirm') !== namespace) {
          throw invalid('confirm', `a delete is confirmed by ?confirm=${namespace}`);
        }
        const options = optionsOf(call);
        return answerOf(await namespaces.delete(namespace, options), options);
      },
    },
  ];
}

/** Plain as names are: what is none is refused where it is used. */
function nameOf({ url }: ControlCall): string {
  const [path = ''] = url.split('?', 1);
  return path.slice(PATH.length + 1).split('/', 1)[0] ?? '';
}

function optionsOf({ query, headers, by, timeoutMilliseconds }: ControlCall): ChangeOptions {
  const dryRun = flag(query, 'dry_run');
  return { dryRun, ifMatch: versionOfTag(headers.ifMatch), by, timeoutMilliseconds };
}

function answerOf({ rules, version, ...answer }: NamespaceAnswer, { dryRun }: ChangeOptions) {
  const body = { ...answer, rules: rules ?? null, version, ...(dryRun ? { dry_run: true } : {}) };
  const reply: HttpReply = jsonReply(body, ['ETag', `"${version}"`]);
  return reply;
}
