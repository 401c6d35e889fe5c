/** Namespaces over HTTP: made, changed, listed, deleted, with history and dry run (M2). */
import { z } from 'zod';
import { DURABILITIES, namespaceRules } from '../../membership/namespace-rules.js';
import type {
  NamespaceAnswer,
  NamespacesControl,
  NamespaceView,
} from '../../membership/namespaces.js';
import { type ChangeOptions, consistencySettings } from '../../membership/settings-types.js';
import { flag, parameter } from '../http/query.js';
import { invalid } from '../http/refusals.js';
import type { HttpReply } from '../http/reply.js';
import { timeText } from '../http/version-text.js';
import { DRY_RUN, IF_MATCH } from './change-parameters.js';
import { jsonReply, versionOfTag } from './control-reply.js';
import type { ControlCall, ControlRoute, ParameterRow } from './route.js';

const PATH = '/api/v1/namespaces';
const ONE = `${PATH}/:namespace`;

const NAME: ParameterRow = {
  name: 'namespace',
  in: 'path',
  description: '1 to 63 small letters, digits and hyphens.',
};
const IF_NONE_MATCH: ParameterRow = {
  name: 'If-None-Match',
  in: 'header',
  description: '`*`: only where there is no namespace of the name; else 412.',
  schema: { type: 'string', const: '*' },
};
const WITH_KEYS: ParameterRow = {
  name: 'with_keys',
  in: 'query',
  description: 'Also where it holds keys: they end with it, and do not come back.',
  schema: { type: 'string', const: '1' },
};
const CONFIRM: ParameterRow = {
  name: 'confirm',
  in: 'query',
  description: 'The name of the namespace once more.',
};

const effectiveShape = z.strictObject({
  ...consistencySettings.pick({
    default_level: true,
    default_write_level: true,
    blind_writes: true,
    conflict_resolution: true,
    versions_kept: true,
    rate_limit_max: true,
    rate_limit_window: true,
  }).shape,
  allowed_levels: z.array(z.string()).optional(),
  default_ttl_s: z.number().optional(),
  durability: z.enum(DURABILITIES),
});
const oneShape = z.strictObject({
  namespace: z.string(),
  /** As they were given. */
  rules: namespaceRules,
  /** With what they leave out, as it is in the cluster. */
  effective: effectiveShape,
  /** Of the settings: to change it from here. */
  version: z.string(),
});
/** The rules are judged by the store, which tells what a later version knows from what is wrong. */
const givenShape = z.looseObject(namespaceRules.shape);
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

const NOT_THERE = {
  404: { description: 'There is no such namespace (`namespace_not_found`).' },
  503: {
    description: 'This node does not know it, and cannot ask a majority (`namespace_unknown`).',
  },
};
const TAGGED = { headers: ['ETag'] } as const;
const CHANGED = {
  200: {
    description: 'The rules after it, and which nodes have them.',
    schema: changedShape,
    ...TAGGED,
  },
  403: { description: 'The default namespace is under the settings of the cluster.' },
  412: { description: 'The version is another by now, or it is there (`precondition_failed`).' },
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
      summary: 'The namespaces, the default one first, as this node knows them',
      parameters: [],
      answers: { 200: { description: 'Their rules.', schema: listShape } },
      handle: () => jsonReply({ namespaces: namespaces.list() }),
    },
    {
      ...{ method: 'GET', path: ONE, operationId: 'getNamespace', tag },
      summary: 'The rules of a namespace; what they leave out is as in the cluster',
      parameters: [NAME],
      answers: { 200: { description: 'Its rules.', schema: oneShape, ...TAGGED }, ...NOT_THERE },
      handle: async (call) => viewOf(await namespaces.view(nameOf(call))),
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
      parameters: [NAME, DRY_RUN, IF_MATCH, IF_NONE_MATCH],
      body: { 'application/json': givenShape },
      bodyExample: { default_level: 'one', allowed_levels: ['one', 'quorum'] },
      answers: CHANGED,
      handle: async (call) => {
        const options = { ...optionsOf(call), ifAbsent: isOnlyIfAbsent(call) };
        return answerOf(await namespaces.put(nameOf(call), call.body, options), options);
      },
    },
    {
      ...{ method: 'DELETE', path: ONE, operationId: 'deleteNamespace', tag },
      summary: 'Deletes a namespace that holds no keys, or, if so asked, with all of them',
      parameters: [NAME, CONFIRM, WITH_KEYS, DRY_RUN, IF_MATCH],
      answers: {
        ...NOT_THERE,
        ...CHANGED,
        409: { description: 'It holds keys (`namespace_not_empty`).' },
      },
      handle: async (call) => {
        const namespace = nameOf(call);
        if (parameter(call.query, 'confirm') !== namespace) {
          throw invalid('confirm', `a delete is confirmed by ?confirm=${namespace}`);
        }
        const options = { ...optionsOf(call), withKeys: flag(call.query, 'with_keys') };
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

function isOnlyIfAbsent({ headers: { ifNoneMatch } }: ControlCall): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  throw invalid('if-none-match', 'If-None-Match is * here', ifNoneMatch);
}

function viewOf(view: NamespaceView): HttpReply {
  return jsonReply(view, ['ETag', `"${view.version}"`]);
}

function answerOf({ rules, version, ...answer }: NamespaceAnswer, { dryRun }: ChangeOptions) {
  const body = { ...answer, rules: rules ?? null, version, ...(dryRun ? { dry_run: true } : {}) };
  const reply: HttpReply = jsonReply(body, ['ETag', `"${version}"`]);
  return reply;
}
