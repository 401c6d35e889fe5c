/** Is everything everywhere yet? Over HTTP (docs/http-api.md, Control). */
import { z } from 'zod';
import type { ConvergenceControl } from '../../anti-entropy/convergence.js';
import { timeText } from '../http/version-text.js';
import { jsonReply } from './control-reply.js';
import type { ControlRoute } from './route.js';

const convergenceShape = z.strictObject({
  nodes: z.array(
    z.strictObject({
      node: z.string(),
      /** The last one with each peer; `records` were taken from it. */
      exchanges: z.array(
        z.strictObject({
          peer: z.string(),
          at: z.iso.datetime(),
          result: z.enum(['alike', 'different', 'failed']),
          records: z.number(),
        }),
      ),
      /** Partitions that answer for nothing until they are rebuilt from the other owners. */
      rebuilding: z.array(z.number()),
      /** Partitions that were read from the disk in this life, of those that are owned. */
      scrubbed: z.number(),
      owned: z.number(),
      /** Tombstones and stubs; of those that are due, how many may not go yet, and why. */
      tombstones: z.number(),
      blocked: z.array(z.strictObject({ reason: z.string(), count: z.number() })),
    }),
  ),
  unanswered: z.array(z.string()),
});

export function convergenceRoute(control: ConvergenceControl): ControlRoute {
  return {
    method: 'GET',
    path: '/api/v1/cluster/convergence',
    operationId: 'getConvergence',
    tag: 'Cluster',
    summary: 'How far each node is: exchanges with its peers, rebuilds, scrubs, tombstones',
    parameters: [],
    answers: { 200: { description: 'A row for each node.', schema: convergenceShape } },
    handle: async ({ timeoutMilliseconds }) => {
      const { nodes, unanswered } = await control.convergence(timeoutMilliseconds);
      const rows = nodes.map(({ exchanges, ...row }) => ({
        ...row,
        exchanges: exchanges.map((one) => ({ ...one, at: timeText(one.at) })),
      }));
      return jsonReply({ nodes: rows, unanswered });
    },
  };
}
