/** What each owner of a key holds, over HTTP (docs/http-api.md, Control). */
import { z } from 'zod';
import type { HeldCopy } from '../../coordination/request/request.js';
import type { Coordination } from '../../coordination/request/request.js';
import { dotText } from '../../versioning/dot.js';
import { nodeOf } from '../../versioning/writer.js';
import { KEY_BYTES_MAX, keyOfParameter, keyOfPath } from '../http/key-of-path.js';
import { invalid } from '../http/refusals.js';
import { timeText, writtenAt } from '../http/version-text.js';
import { jsonReply } from './control-reply.js';
import { NAMESPACE_PARAMETER, namespaceIn } from './namespace-parameter.js';
import type { ControlCall, ControlRoute } from './route.js';

const PATH = '/api/v1/cluster/copies';

const copiesShape = z.strictObject({
  namespace: z.string(),
  key: z.string(),
  partition: z.number(),
  epoch: z.number(),
  copies: z.array(
    z.strictObject({
      node: z.string(),
      zone: z.string().optional(),
      /** A stand-in holds a hint for an absent owner. */
      role: z.enum(['owner', 'stand-in']),
      said: z.enum(['holds', 'nothing', 'silent', 'down']),
      /** Does it hold what all that answered hold together? */
      complete: z.boolean(),
      versions: z.array(
        z.strictObject({
          version: z.string(),
          state: z.enum(['value', 'tombstone', 'stub']),
          written_at: z.iso.datetime(),
          written_by: z.string(),
          content_type: z.string().optional(),
          expires_at: z.iso.datetime().optional(),
        }),
      ),
    }),
  ),
});

export function copiesRoutes(coordination: Coordination): ControlRoute[] {
  const common = {
    method: 'GET',
    tag: 'Cluster',
    answers: { 200: { description: 'A row for each node.', schema: copiesShape } },
  } as const;
  const replyFor = async (key: string, { query, timeoutMilliseconds }: ControlCall) => {
    const namespace = namespaceIn(query);
    const request = { namespace, key, timeoutMilliseconds };
    const { copies, ...where } = await coordination.copies(request);
    return jsonReply({ namespace, key, ...where, copies: copies.map(rowOf) });
  };
  return [
    {
      ...common,
      path: `${PATH}/:key`,
      operationId: 'getCopies',
      summary: 'What each owner of a key holds, and what stand-ins hold for absent ones',
      parameters: [
        { name: 'key', in: 'path', description: 'The key, percent-encoded once.' },
        NAMESPACE_PARAMETER,
      ],
      handle: (call) => {
        // The router decodes leniently, and twice two different keys to the same.
        const [path = ''] = call.url.split('?', 1);
        return replyFor(keyOfPath(path.slice(PATH.length + 1)), call);
      },
    },
    {
      ...common,
      path: PATH,
      operationId: 'getCopiesOfAnyKey',
      summary: 'What each owner of a key holds, for keys that no path can name',
      parameters: [
        {
          name: 'key',
          in: 'query',
          description: 'The key.',
          schema: { type: 'string', minLength: 1, maxLength: KEY_BYTES_MAX },
        },
        NAMESPACE_PARAMETER,
      ],
      handle: (call) => {
        const key = call.query.get('key');
        if (key === undefined) throw invalid('key', 'name the key: copies/KEY, or ?key=KEY');
        return replyFor(keyOfParameter(key), call);
      },
    },
  ];
}

function rowOf({ versions, ...copy }: HeldCopy) {
  return {
    ...copy,
    versions: versions.map((version) => ({
      version: dotText(version.dot),
      state: version.state,
      written_at: writtenAt(version),
      written_by: nodeOf(version.dot.writer),
      ...(version.state === 'value' ? { content_type: version.contentType } : {}),
      ...(version.expiresAt === undefined ? {} : { expires_at: timeText(version.expiresAt) }),
    })),
  };
}
