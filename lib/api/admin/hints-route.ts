/** The hints that wait in the cluster, over HTTP (docs/http-api.md, Control). */
import { z } from 'zod';
import type { HandoffControl } from '../../hints/hints-report.js';
import { jsonReply } from './control-reply.js';
import type { ControlRoute } from './route.js';

const hintsShape = z.strictObject({
  hints: z.array(
    z.strictObject({
      holder: z.string(),
      target: z.string(),
      count: z.number(),
      bytes: z.number(),
      oldest: z.string().optional(),
      estimated_end: z.string().optional(),
      reason: z.string(),
    }),
  ),
  unanswered: z.array(z.string()),
});

export function hintsRoute(handoff: HandoffControl): ControlRoute {
  return {
    method: 'GET',
    path: '/api/v1/cluster/hints',
    operationId: 'getHints',
    tag: 'Cluster',
    summary: 'Hints that wait, by holder and target, and why they were not delivered yet',
    parameters: [],
    answers: { 200: { description: 'What every node holds.', schema: hintsShape } },
    handle: async ({ timeoutMilliseconds }) =>
      jsonReply(await handoff.heldHints(timeoutMilliseconds)),
  };
}
