/** The cluster's settings over HTTP: read, change, history, rollback (docs/operations.md; M2). */
import { z } from 'zod';
import {
  consistencySettings,
  type ConsistencySettings,
  type SettingsAnswer,
  type SettingsChange,
  type SettingsControl,
} from '../../membership/settings-types.js';
import { flag } from '../http/query.js';
import type { HttpReply } from '../http/reply.js';
import { timeText } from '../http/version-text.js';
import { DRY_RUN, IF_MATCH } from './change-parameters.js';
import { jsonReply, versionOfTag } from './control-reply.js';
import type { ControlCall, ControlRoute } from './route.js';

const PATH = '/api/v1/config/consistency';

const answerShape = z.strictObject({
  version: z.string(),
  settings: consistencySettings,
  /** Known to have this version durably. */
  nodes: z.array(z.string()),
  dry_run: z.literal(true).optional(),
});
const changeShape = consistencySettings
  .partial()
  .refine((fields) => Object.keys(fields).length > 0, 'name at least one field');
const rollbackShape = z.strictObject({ version: z.string().min(1) });
const historyShape = z.strictObject({
  history: z.array(
    z.strictObject({
      version: z.string(),
      at: z.iso.datetime(),
      node: z.string(),
      by: z.string(),
      changed: z.record(z.string(), z.strictObject({ from: z.unknown(), to: z.unknown() })),
      settings: consistencySettings,
    }),
  ),
});

const SETTINGS = { schema: answerShape, headers: ['ETag'] } as const;
const CHANGED = {
  200: { description: 'The settings after it, and which nodes have them.', ...SETTINGS },
  412: { description: 'The version is another by now (`precondition_failed`).' },
  503: { description: 'No majority of nodes is up (`settings_unavailable`).' },
};

export function configRoutes(settings: SettingsControl): ControlRoute[] {
  return [
    {
      method: 'GET',
      path: PATH,
      operationId: 'getConsistency',
      tag: 'Settings',
      summary: 'The settings of the cluster, as this node has them',
      parameters: [],
      answers: { 200: { description: 'The settings, and their version.', ...SETTINGS } },
      handle: () => answerOf(settings.current(), false),
    },
    {
      method: 'POST',
      path: PATH,
      operationId: 'changeConsistency',
      tag: 'Settings',
      summary: 'Changes the fields that are named, on all nodes',
      parameters: [DRY_RUN, IF_MATCH],
      body: { 'application/json': changeShape },
      bodyExample: { default_level: 'one' },
      answers: CHANGED,
      handle: (call) =>
        changed(call, (options) =>
          settings.change(call.body as Partial<ConsistencySettings>, options),
        ),
    },
    {
      method: 'GET',
      path: `${PATH}/history`,
      operationId: 'getConsistencyHistory',
      tag: 'Settings',
      summary: 'Who changed what, and when; newest first',
      parameters: [],
      answers: { 200: { description: 'The changes.', schema: historyShape } },
      handle: () => jsonReply({ history: settings.history().map(historyRow) }),
    },
    {
      method: 'POST',
      path: `${PATH}/rollback`,
      operationId: 'rollbackConsistency',
      tag: 'Settings',
      summary: 'Back to the fields as they were at a version, as a new change',
      parameters: [DRY_RUN, IF_MATCH],
      body: { 'application/json': rollbackShape },
      bodyExample: { version: '1-3f2a9c01' },
      answers: { ...CHANGED, 404: { description: 'That version is not known (`not_found`).' } },
      handle: (call) => {
        const { version } = call.body as z.infer<typeof rollbackShape>;
        return changed(call, (options) => settings.rollback(version, options));
      },
    },
  ];
}

type Apply = (options: Parameters<SettingsControl['change']>[1]) => Promise<SettingsAnswer>;

async function changed(
  { query, headers, by, timeoutMilliseconds }: ControlCall,
  apply: Apply,
): Promise<HttpReply> {
  const dryRun = flag(query, 'dry_run');
  const ifMatch = versionOfTag(headers.ifMatch);
  return answerOf(await apply({ ifMatch, dryRun, by, timeoutMilliseconds }), dryRun);
}

function answerOf({ version, settings, nodes }: SettingsAnswer, dryRun: boolean): HttpReply {
  const answer = { version, settings, nodes, ...(dryRun ? { dry_run: true } : {}) };
  return jsonReply(answer, ['ETag', `"${version}"`]);
}

function historyRow({ at, ...change }: SettingsChange): Record<string, unknown> {
  return { ...change, at: timeText(at) };
}
