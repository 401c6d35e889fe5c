/** What a node tells of its cluster over HTTP: status, ring, where a key lies (docs/operations.md). */
import { z } from 'zod';
import type { ClusterControl } from '../../membership/cluster-types.js';
import { KEY_BYTES_MAX, keyOfParameter, keyOfPath } from '../http/key-of-path.js';
import { invalid } from '../http/refusals.js';
import { jsonReply } from './control-reply.js';
import type { ControlRoute } from './route.js';

const LOCATE_PATH = '/api/v1/cluster/locate';
const NAMESPACE = 'default';

const health = z.enum(['up', 'suspect', 'down']);

const reportShape = z.strictObject({
  id: z.string(),
  version: z.string(),
  start: z.number(),
  uptime_s: z.number(),
  epoch: z.number(),
  ring_hash: z.string(),
  settings_version: z.string(),
  partitions_owned: z.number(),
  hints: z.record(z.string(), z.strictObject({ count: z.number(), bytes: z.number() })),
  storage: z.enum(['ok', 'failed']),
  sees: z.record(z.string(), health),
});

const statusShape = z.strictObject({
  cluster: z.string(),
  node: z.string(),
  epoch: z.number(),
  ring_hash: z.string(),
  partitions: z.number(),
  replicas: z.number(),
  replicas_effective: z.number(),
  nodes: z.array(
    z.strictObject({
      id: z.string(),
      address: z.string(),
      zone: z.string(),
      weight: z.number(),
      state: health,
      round_trip_ms: z.number().optional(),
      report: reportShape.optional(),
    }),
  ),
  partitions_under_replicated: z.number(),
  partitions_without_quorum: z.number(),
  alerts: z.array(z.string()),
  verdict: z.enum(['ok', 'degraded', 'failing']),
});

const ringShape = z.strictObject({
  cluster: z.string(),
  epoch: z.number(),
  hash: z.string(),
  partitions: z.number(),
  replicas: z.number(),
  members: z.array(
    z.strictObject({
      id: z.string(),
      address: z.string(),
      zone: z.string(),
      weight: z.number(),
      partitions_owned: z.number(),
      partitions_first: z.number(),
    }),
  ),
  owners: z.array(z.array(z.string())),
});

const locateShape = z.strictObject({
  namespace: z.string(),
  key: z.string(),
  partition: z.number(),
  epoch: z.number(),
  primaries: z.array(z.strictObject({ node: z.string(), zone: z.string(), up: z.boolean() })),
  stand_ins: z.array(z.string()),
});

export function clusterRoutes(cluster: ClusterControl): ControlRoute[] {
  const tag = 'Cluster';
  const located = { 200: { description: 'Its preference list.', schema: locateShape } };
  return [
    {
      method: 'GET',
      path: '/api/v1/cluster/status',
      operationId: 'getClusterStatus',
      tag,
      summary: 'The nodes, what each says of itself and of the others, and one verdict',
      parameters: [],
      answers: { 200: { description: 'The status.', schema: statusShape } },
      handle: async () => jsonReply(await cluster.status()),
    },
    {
      method: 'GET',
      path: '/api/v1/cluster/ring',
      operationId: 'getRing',
      tag,
      summary: 'The ring: the owners of every partition',
      parameters: [],
      answers: { 200: { description: 'The ring.', schema: ringShape } },
      handle: () => jsonReply(cluster.ring()),
    },
    {
      method: 'GET',
      path: `${LOCATE_PATH}/:key`,
      operationId: 'locateKey',
      tag,
      summary: 'Where a key lies: its partition, its primaries, its stand-ins',
      parameters: [{ name: 'key', in: 'path', description: 'The key, percent-encoded once.' }],
      answers: located,
      handle: ({ url }) => {
        // The router decodes leniently, and twice two different keys to the same.
        const [path = ''] = url.split('?', 1);
        return jsonReply(cluster.locate(NAMESPACE, keyOfPath(path.slice(LOCATE_PATH.length + 1))));
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
      ],
      answers: located,
      handle: ({ query }) => {
        const key = query.get('key');
        if (key === undefined) throw invalid('key', 'name the key: locate/KEY, or ?key=KEY');
        return jsonReply(cluster.locate(NAMESPACE, keyOfParameter(key)));
      },
    },
  ];
}
