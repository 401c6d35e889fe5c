/** Where a key lies, over HTTP: its partition and its preference list (docs/http-api.md). */
import { z } from 'zod';
import type { ClusterControl } from '../../membership/cluster-types.js';
import { KEY_BYTES_MAX, keyOfParameter, keyOfPath } from '../http/key-of-path.js';
import { invalid } from '../http/refusals.js';
import { jsonReply } from './control-reply.js';
import { NAMESPACE_PARAMETER, namespaceIn } from './namespace-parameter.js';
import type { NamespacesControl } from '../../membership/namespaces.js';
import type { ControlCall, ControlRoute } from './route.js';

const LOCATE_PATH = '/api/v1/cluster/locate';

const locateShape = z.strictObject({
  namespace: z.string(),
  /** The name in the hash of the key: another one after it was deleted and made anew. */
  stored_namespace: z.string(),
  key: z.string(),
  partition: z.number(),
  epoch: z.number(),
  primaries: z.array(z.strictObject({ node: z.string(), zone: z.string(), up: z.boolean() })),
  stand_ins: z.array(z.string()),
});

export function locateRoutes(
  cluster: ClusterControl,
  namespaces: Pick<NamespacesControl, 'stored'>,
): ControlRoute[] {
  const located = async (key: string, { query }: ControlCall) => {
    const namespace = namespaceIn(query);
    const stored = await namespaces.stored(namespace);
    const names = { namespace, stored_namespace: stored };
    return jsonReply({ ...cluster.locate(stored, key), ...names });
  };
  const tag = 'Cluster';
  const answers = { 200: { description: 'Its preference list.', schema: locateShape } };
  return [
    {
      method: 'GET',
      path: `${LOCATE_PATH}/:key`,
      operationId: 'locateKey',
      tag,
      summary: 'Where a key lies: its partition, its primaries, its stand-ins',
      parameters: [
        { name: 'key', in: 'path', description: 'The key, percent-encoded once.' },
        NAMESPACE_PARAMETER,
      ],
      answers,
      handle: (call) => {
        // The router decodes leniently, and twice two different keys to the same.
        const [path = ''] = call.url.split('?', 1);
        return located(keyOfPath(path.slice(LOCATE_PATH.length + 1)), call);
      },
    },
    {
      method: 'GET',
      path: LOCATE_PATH,
      operationId: 'locateAnyKey',
      tag,
      summary: 'Where a key lies, for keys that no path can name',
      parameters: [
        {
          name: 'key',
          in: 'query',
          description: 'The key.',
          schema: { type: 'string', minLength: 1, maxLength: KEY_BYTES_MAX },
        },
        NAMESPACE_PARAMETER,
      ],
      answers,
      handle: (call) => {
        const key = call.query.get('key');
        if (key === undefined) throw invalid('key', 'name the key: locate/KEY, or ?key=KEY');
        return located(keyOfParameter(key), call);
      },
    },
  ];
}
