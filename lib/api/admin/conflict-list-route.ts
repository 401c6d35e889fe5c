/** The keys in conflict now, over HTTP: paged, the oldest first (docs/http-api.md, Conflicts). */
import { z } from 'zod';
import type { Coordination } from '../../coordination/request/request.js';
import { parameter, type Query } from '../http/query.js';
import { invalid } from '../http/refusals.js';
import type { HttpReply } from '../http/reply.js';
import { timeText } from '../http/version-text.js';
import { jsonReply } from './control-reply.js';
import type { ControlCall, ControlRoute, ParameterRow } from './route.js';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1000;

const listShape = z.strictObject({
  conflicts: z.array(
    z.strictObject({ namespace: z.string(), key: z.string(), since: z.iso.datetime() }),
  ),
  /** Of the next page. */
  cursor: z.string().optional(),
  /** Nodes that did not answer: what only they know is missing. */
  unanswered: z.array(z.string()),
});

const PARAMETERS: readonly ParameterRow[] = [
  {
    name: 'limit',
    in: 'query',
    description: `Most keys of a page: 1 to ${LIMIT_MAX}, ${LIMIT_DEFAULT} by default.`,
    schema: { type: 'integer', minimum: 1, maximum: LIMIT_MAX },
  },
  { name: 'cursor', in: 'query', description: 'Of the page before.' },
];
const NAMESPACE_PATH = '/api/v1/namespaces/:namespace/conflicts';

export function conflictListRoutes(coordination: Coordination): readonly ControlRoute[] {
  const page = async (
    { query, timeoutMilliseconds }: ControlCall,
    namespace: string | undefined,
  ): Promise<HttpReply> => {
    const request = { namespace, limit: limitOf(query), cursor: parameter(query, 'cursor') };
    const list = await coordination.listConflicts({ ...request, timeoutMilliseconds });
    const conflicts = list.conflicts.map((row) => ({ ...row, since: timeText(row.since) }));
    return jsonReply({ ...list, conflicts });
  };
  return [
    {
      method: 'GET',
      path: '/api/v1/conflicts',
      operationId: 'listConflicts',
      tag: 'Keys',
      summary: 'The keys in conflict now, the oldest conflict first',
      parameters: PARAMETERS,
      answers: { 200: { description: 'A page of keys.', schema: listShape } },
      handle: (call) => page(call, undefined),
    },
    {
      method: 'GET',
      path: NAMESPACE_PATH,
      operationId: 'listConflictsOfNamespace',
      tag: 'Keys',
      summary: 'The same of a namespace: pages may be short, or empty, before the last',
      parameters: [
        { name: 'namespace', in: 'path', description: 'The name of the namespace.' },
        ...PARAMETERS,
      ],
      answers: {
        200: { description: 'A page of keys.', schema: listShape },
        404: { description: 'There is no such namespace (`namespace_not_found`).' },
      },
      handle: (call) => {
        const [path = ''] = call.url.split('?', 1);
        return page(call, path.split('/')[4] ?? '');
      },
    },
  ];
}

function limitOf(query: Query): number {
  const text = parameter(query, 'limit');
  if (text === undefined) return LIMIT_DEFAULT;
  const limit = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw invalid('limit', `"limit" is a whole number from 1 to ${LIMIT_MAX}`, text);
}
