/** Whether the process lives, whether it can serve, and what it counts (docs/operations.md). */
import { z } from 'zod';
import { OperatingError } from '../../errors.js';
import type { ApiWorld } from '../api-world.js';
import { parameter } from '../http/query.js';
import type { ClientLoad } from './client-load.js';
import { jsonReply, textReply } from './control-reply.js';
import type { ControlRoute } from './route.js';

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const HEALTH_PATH = '/healthz';
const READY_PATH = '/readyz';
/** Whatever an orchestrator adds to it. */
const PROBE = /^\/(?:healthz|readyz)(?:\?|$)/;

/** Is it answered on whatever connection, and however much there is to do? */
export function isHealthPath(url: string): boolean {
  return PROBE.test(url);
}

export function healthRoutes({ node, metrics }: ApiWorld, load: ClientLoad): ControlRoute[] {
  const tag = 'Health';
  const textOfMetrics = shared(async () => {
    load.measure();
    await node.gauges.measure();
    return metrics();
  });
  return [
    {
      method: 'GET',
      isUnbounded: true,
      ignoresQuery: true,
      path: HEALTH_PATH,
      operationId: 'getHealth',
      tag,
      summary: 'This process is alive',
      parameters: [],
      answers: {
        200: { description: 'It is.', schema: z.strictObject({ status: z.literal('ok') }) },
      },
      handle: () => jsonReply({ status: 'ok' }),
    },
    {
      method: 'GET',
      isUnbounded: true,
      ignoresQuery: true,
      path: READY_PATH,
      operationId: 'getReadiness',
      tag,
      summary: 'This node can coordinate; with a level: can reach it now for every partition',
      parameters: [{ name: 'level', in: 'query', description: 'A consistency level.' }],
      answers: {
        200: {
          description: 'It can; with `but`: not everything, and why.',
          schema: z.strictObject({ ready: z.literal(true), but: z.string().optional() }),
        },
        503: { description: 'It cannot; `detail` says why (`not_ready`).' },
      },
      handle: ({ query }) => {
        const { ready, reason } = node.cluster.readiness(parameter(query, 'level'));
        if (!ready) throw new OperatingError('not_ready', reason ?? 'this node is not ready');
        return jsonReply(reason === undefined ? { ready: true } : { ready: true, but: reason });
      },
    },
    {
      method: 'GET',
      isUnbounded: true,
      path: '/metrics',
      operationId: 'getMetrics',
      tag,
      summary: 'Metrics in the text format of Prometheus',
      parameters: [],
      answers: { 200: { description: 'The metrics.', contentType: METRICS_TYPE } },
      handle: async () => textReply(await textOfMetrics(), METRICS_TYPE),
    },
  ];
}

/**
 * Whoever asks while it is made has the same. Nothing bounds how many ask at once, and each text
 * takes milliseconds, in which no peer is answered.
 */
function shared<T>(make: () => Promise<T>): () => Promise<T> {
  let making: Promise<T> | undefined;
  return () => {
    making ??= make().finally(() => {
      making = undefined;
    });
    return making;
  };
}
