/** What a node reports of its cluster over HTTP: status and ring (docs/http-api.md, Control). */
import { z } from 'zod';
import type { ClusterControl } from '../../membership/cluster-types.js';
import { type ClientLoad, clientLoadShape } from './client-load.js';
import { jsonReply } from './control-reply.js';
import type { ControlRoute } from './route.js';

const health = z.enum(['up', 'suspect', 'down']);

const storedShape = z.strictObject({
  keys: z.number(),
  keys_in_conflict: z.number(),
  disk_used_bytes: z.number().optional(),
  disk_free_bytes: z.number().optional(),
});

const largeKeyShape = z.strictObject({
  what: z.enum(['context', 'siblings']),
  namespace: z.string(),
  key: z.string(),
  bytes: z.number(),
  entries: z.number(),
  limit: z.number(),
});

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
  storage: z.enum(['ok', 'read_only', 'stalled', 'failed']),
  stored: storedShape.optional(),
  large_keys: z.array(largeKeyShape).optional(),
  clock: z.strictObject({ sane: z.boolean(), skew_ms: z.number().optional() }),
  client_address: z.string().optional(),
  round_trips_ms: z.record(z.string(), z.number()).optional(),
  sees: z.record(z.string(), health),
  identity: z.array(z.string()),
});

export const statusShape = z.strictObject({
  cluster: z.string(),
  cluster_id: z.string(),
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
      protocol: z.number().optional(),
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
  /** What clients hold on the node that answers. */
  clients: clientLoadShape,
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

const levelsShape = z.strictObject({
  node: z.string(),
  /** Of the node: `local-` levels are about it. */
  zone: z.string(),
  partitions: z.number(),
  levels: z.array(
    z.strictObject({
      level: z.string(),
      /** Missing: the level is not for reads. */
      reads: z.number().optional(),
      writes: z.number().optional(),
    }),
  ),
});

export function clusterRoutes(cluster: ClusterControl, load: ClientLoad): ControlRoute[] {
  const tag = 'Cluster';
  return [
    {
      method: 'GET',
      path: '/api/v1/cluster/status',
      operationId: 'getClusterStatus',
      tag,
      summary: 'The nodes, what each says of itself and of the others, and one verdict',
      parameters: [],
      answers: { 200: { description: 'The status.', schema: statusShape } },
      handle: async ({ timeoutMilliseconds }) => {
        const status = await cluster.status(timeoutMilliseconds);
        return jsonReply({ ...status, clients: load.report() });
      },
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
      path: '/api/v1/cluster/levels',
      operationId: 'getLevels',
      tag,
      summary: 'How many partitions reach each consistency level now, as this node sees them',
      parameters: [],
      answers: { 200: { description: 'The levels.', schema: levelsShape } },
      handle: () => jsonReply(cluster.levels()),
    },
  ];
}
