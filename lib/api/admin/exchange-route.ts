/** Anti-entropy on request over HTTP (docs/http-api.md, Control). */
import { z } from 'zod';
import type { ExchangeControl } from '../../anti-entropy/exchange-now.js';
import { flag } from '../http/query.js';
import { jsonReply } from './control-reply.js';
import type { ControlRoute } from './route.js';

const shape = z.strictObject({
  dry_run: z.boolean(),
  nodes: z.array(
    z.strictObject({
      node: z.string(),
      error: z.string().optional(),
      peers: z.array(
        z.strictObject({
          peer: z.string(),
          error: z.string().optional(),
          /** Taken from the peer, since its clock had seen more. */
          records: z.number(),
          bytes: z.number(),
          /** Keys that the trees found to differ; `keys` names the first thousand. */
          differences: z.number(),
          keys: z.array(
            z.strictObject({
              namespace: z.string(),
              key: z.string(),
              partition: z.number(),
              here: z.string(),
              there: z.string(),
            }),
          ),
        }),
      ),
    }),
  ),
});
const requestShape = z.strictObject({ partition: z.int().min(0).optional() });

export function exchangeRoute(exchange: ExchangeControl): ControlRoute {
  return {
    isLong: true,
    method: 'POST',
    path: '/api/v1/cluster/exchange',
    operationId: 'exchangeNow',
    tag: 'Cluster',
    summary: 'Anti-entropy now: every node compares itself with every other',
    parameters: [
      {
        name: 'dry_run',
        in: 'query',
        description: 'Lists the keys that differ; changes nothing.',
        schema: { type: 'string', const: '1' },
      },
    ],
    body: { 'application/json': requestShape },
    bodyExample: { partition: 17 },
    answers: { 200: { description: 'What each node found, and took.', schema: shape } },
    handle: async ({ query, body, timeoutMilliseconds }) => {
      const dry_run = flag(query, 'dry_run');
      const { partition } = body as z.infer<typeof requestShape>;
      const nodes = await exchange.exchangeNow(partition, dry_run, timeoutMilliseconds);
      return jsonReply({ dry_run, nodes });
    },
  };
}
