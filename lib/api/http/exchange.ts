/** One request and its one reply: admitted, handled, answered, counted; the same on every path. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LEVEL_NAMES } from '../../coordination/level.js';
import { OperatingError } from '../../errors.js';
import type { ApiWorld } from '../api-world.js';
import { Admission } from './admission.js';
import { LargeTurns } from './large-turns.js';
import { operatingError, problemReply } from './problem.js';
import { isTooLongToDiscard } from './read-body.js';
import { type Reply, sendReply } from './reply.js';
import { type RequestHeaders, requestIdOf, scanHeaders } from './request-headers.js';

export interface Exchange {
  readonly request: IncomingMessage;
  /** Path and query as they were sent. */
  readonly url: string;
  readonly headers: RequestHeaders;
  readonly requestId: string;
}

export interface ExchangeKind {
  /** The label of metrics. */
  readonly operation: string;
  /** A read changes nothing, whatever goes wrong with it. */
  readonly reads: boolean;
  /** Refused where too much is under way? A node that sheds load must still say that it lives. */
  readonly shed: boolean;
}

/** Labels of metrics are of a fixed set, whatever clients send. */
const LEVEL_LABELS: ReadonlySet<string> = new Set(LEVEL_NAMES);

export class Exchanges {
  readonly admission: Admission;
  readonly turns: LargeTurns;
  readonly #world: ApiWorld;

  constructor(world: ApiWorld) {
    this.#world = world;
    this.admission = new Admission(world.limits, world.node.foreground);
    this.turns = new LargeTurns(world.clock);
  }

  /** Answers with what `handle` returns, or with the problem of what it throws. Never rejects. */
  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    url: string,
    kind: ExchangeKind,
    handle: (exchange: Exchange) => Promise<Reply>,
  ): Promise<void> {
    const startedAt = this.#world.clock.monotonicMilliseconds();
    const headers = scanHeaders(request.rawHeaders);
    const requestId = requestIdOf(headers.requestId, this.#world.requestId);
    const exchange = { request, url, headers, requestId };
    const reply = await this.#admitted(exchange, kind, handle);
    // Else nobody is there any more, or the listener answered in our place (a body held open).
    if (!response.headersSent && !response.destroyed) {
      if (!request.complete && isTooLongToDiscard(headers)) {
        reply.headers.push('Connection', 'close');
      }
      this.#send(response, reply, exchange, kind);
    }
    this.#observe(kind.operation, reply.level ?? levelLabel(headers.level), reply, startedAt);
  }

  async #admitted(
    exchange: Exchange,
    kind: ExchangeKind,
    handle: (exchange: Exchange) => Promise<Reply>,
  ): Promise<Reply> {
    let entered = false;
    try {
      if (kind.shed) {
        this.admission.enter();
        entered = true;
      }
      return await handle(exchange);
    } catch (error) {
      return this.problemOf(error, exchange, kind.reads);
    } finally {
      if (entered) this.admission.leave();
    }
  }

  /** A header that cannot be sent would otherwise end the process. */
  #send(response: ServerResponse, reply: Reply, exchange: Exchange, kind: ExchangeKind): void {
    const headOnly = exchange.request.method === 'HEAD';
    const { together } = this.#world;
    try {
      sendReply(response, reply, exchange.requestId, headOnly, together);
    } catch (error) {
      const problem = this.problemOf(error, exchange, kind.reads);
      if (response.headersSent) response.destroy();
      else sendReply(response, problem, exchange.requestId, headOnly, together);
    }
  }

  /** @param reads what was asked changes nothing, whatever went wrong */
  problemOf(error: unknown, { requestId }: Pick<Exchange, 'requestId'>, reads: boolean): Reply {
    if (!(error instanceof OperatingError)) {
      const fields = { request_id: requestId, error };
      this.#world.node.observer.log('error', 'a request failed unexpectedly', fields);
    }
    return problemReply(operatingError(error), requestId, reads ? 'none' : undefined);
  }

  #observe(operation: string, level: string, { result }: Reply, startedAt: number): void {
    const { clock, node } = this.#world;
    const seconds = (clock.monotonicMilliseconds() - startedAt) / 1000;
    node.observer.count('quorate_requests_total', { operation, level, result });
    node.observer.measure('quorate_request_duration_seconds', seconds, { operation, level });
  }
}

function levelLabel(asked: string | undefined): string {
  if (asked === undefined) return 'default';
  const name = asked.toLowerCase();
  return LEVEL_LABELS.has(name) ? name : 'other';
}
