/** What clients hold on this node now, against its limits: for status and metrics. */
import { z } from 'zod';
import { DEFAULT_NAMESPACE } from '../../partitioning/namespace.js';
import type { ApiWorld } from '../api-world.js';
import type { HttpExchanges } from '../http/exchange.js';
import type { ControlWork } from './control-work.js';

const used = z.strictObject({ now: z.number(), limit: z.number() });
export const clientLoadShape = z.strictObject({
  connections: used,
  requests: used,
  control_requests: used,
  /** Of bodies that are held. */
  request_bytes: used,
  /** Of answers that were made and have not left. */
  answer_bytes: used,
  rate_limit: z.strictObject({
    /** Requests in a window, in the default namespace; 0: no limit. */
    max: z.number(),
    window_s: z.number(),
    /** Whose counts are remembered. */
    clients: used,
    /** Requests in this start of the node. */
    refused: z.number(),
  }),
});

export class ClientLoad {
  readonly #world: ApiWorld;
  readonly #exchanges: HttpExchanges;
  readonly #work: ControlWork;

  constructor(world: ApiWorld, exchanges: HttpExchanges, work: ControlWork) {
    this.#world = world;
    this.#exchanges = exchanges;
    this.#work = work;
  }

  report(): z.infer<typeof clientLoadShape> {
    const { limits, connections, rates } = this.#world;
    const { admission, answers, rateLimits } = this.#exchanges;
    const { open, openMax } = connections();
    const limit = rateLimits.limitOf(DEFAULT_NAMESPACE);
    return {
      connections: { now: open, limit: openMax },
      requests: { now: admission.requests, limit: limits.requestsInFlightMax },
      control_requests: { now: this.#work.underWay, limit: limits.controlInFlightMax },
      request_bytes: { now: admission.bytes, limit: limits.requestBytesInFlightMax },
      answer_bytes: { now: answers.bytes, limit: answers.bytesMax },
      rate_limit: {
        max: limit?.max ?? 0,
        window_s: limit?.windowSeconds ?? 0,
        clients: { now: rates.remembered, limit: rates.rememberedMax },
        refused: rateLimits.refused,
      },
    };
  }

  /** Gauges are set when somebody looks: at every request it would cost more than the request. */
  measure(): void {
    const { node, connections, rates } = this.#world;
    const { open, waitingBytes } = connections();
    const { admission, answers } = this.#exchanges;
    node.observer.measure('quorate_http_connections', open);
    node.observer.measure('quorate_requests_in_flight', admission.requests, { kind: 'data' });
    node.observer.measure('quorate_requests_in_flight', this.#work.underWay, { kind: 'control' });
    node.observer.measure('quorate_request_bytes_in_flight', admission.bytes);
    node.observer.measure('quorate_http_waiting_bytes', waitingBytes);
    node.observer.measure('quorate_answer_bytes', answers.bytes);
    node.observer.measure('quorate_rate_limit_clients', rates.remembered);
  }
}
