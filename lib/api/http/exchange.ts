/** One request and its one reply: admitted, handled, answered, counted; the same on every path. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LEVEL_NAMES } from '../../coordination/level.js';
import { OperatingError } from '../../errors.js';
import type { ApiWorld } from '../api-world.js';
import { Admission } from './admission.js';
import { AnswerBytes } from './answer-bytes.js';
import { LargeTurns } from './large-turns.js';
import { operatingError, problemReply } from './problem.js';
import { isTooLongToDiscard } from './read-body.js';
import { type Reply, sendReply } from './reply.js';
import { type RequestHeaders, requestIdOf, scanHeaders } from './request-headers.js';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Path and query as they were sent. */
  readonly url: string;
  readonly headers: RequestHeaders;
  readonly requestId: string;
  /** The pattern of the path, for the log: what clients put into paths is not written there. */
  route: string;
  /** Bytes that are held for the answer before there is one. */
  reserved: number;
}

export interface ExchangeKind {
  /** The label of metrics. */
  readonly operation: string;
  /** A read changes nothing, whatever goes wrong with it. */
  readonly reads: boolean;
  /** Refused where too much is under way? A node that sheds load must still say that it lives. */
  readonly shed: boolean;
  /** Answered whatever there is room for. */
  readonly vital?: true;
  /** Of the request, as far as the path is known without looking closer. */
  readonly route: string;
}

/** About what the head of an answer takes. */
const HEAD_BYTES = 512;
/** Labels of metrics are of a fixed set, whatever clients send. */
const LEVEL_LABELS: ReadonlySet<string> = new Set(LEVEL_NAMES);

export class Exchanges {
  readonly admission: Admission;
  readonly answers: AnswerBytes;
  readonly turns: LargeTurns;
  readonly #world: ApiWorld;

  constructor(world: ApiWorld) {
    this.#world = world;
    this.admission = new Admission(world.limits, world.node.foreground);
    this.answers = new AnswerBytes(world.limits.answerBytesInFlightMax);
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
    const { route } = kind;
    const exchange = { request, response, url, headers, requestId, route, reserved: 0 };
    let reply = await this.#admitted(exchange, kind, handle);
    // Else nobody is there any more, or the listener answered in our place (a body held open).
    if (!response.headersSent && !response.destroyed) {
      reply = this.#bounded(reply, exchange, kind);
      if (!request.complete && isTooLongToDiscard(headers)) {
        reply.headers.push('Connection', 'close');
      }
      this.#send(reply, exchange, kind);
    }
    this.answers.release(exchange.reserved);
    this.#observe(exchange, kind.operation, reply, startedAt);
  }

  /**
   * Room for an answer of about so many bytes, before it is made.
   * @throws OperatingError `overloaded`
   */
  reserve(exchange: Exchange, bytes: number): void {
    this.answers.hold(bytes);
    exchange.reserved += bytes;
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

  /** Holds the bytes of the reply until it has left; a read for which there is no room is shed. */
  #bounded(reply: Reply, exchange: Exchange, { reads, vital }: ExchangeKind): Reply {
    this.answers.release(exchange.reserved);
    exchange.reserved = 0;
    let bounded = reply;
    try {
      if (reads && vital !== true) this.answers.hold(bytesOf(reply));
      else this.answers.holdAnyway(bytesOf(reply));
    } catch (error) {
      bounded = this.problemOf(error, exchange, reads);
      this.answers.holdAnyway(bytesOf(bounded));
    }
    const bytes = bytesOf(bounded);
    exchange.response.once('close', () => this.answers.release(bytes));
    return bounded;
  }

  /** A header that cannot be sent would otherwise end the process. */
  #send(reply: Reply, exchange: Exchange, kind: ExchangeKind): void {
    const { request, response, requestId } = exchange;
    const headOnly = request.method === 'HEAD';
    const { together } = this.#world;
    try {
      sendReply(response, reply, requestId, headOnly, together);
    } catch (error) {
      const problem = this.problemOf(error, exchange, kind.reads);
      if (response.headersSent) response.destroy();
      else sendReply(response, problem, requestId, headOnly, together);
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

  #observe(exchange: Exchange, operation: string, reply: Reply, startedAt: number): void {
    const { clock, node, logsRequests } = this.#world;
    const { request, requestId, route, headers } = exchange;
    const level = reply.level ?? levelLabel(headers.level);
    const milliseconds = clock.monotonicMilliseconds() - startedAt;
    const { result, status } = reply;
    node.observer.count('quorate_requests_total', { operation, level, result });
    const seconds = milliseconds / 1000;
    node.observer.measure('quorate_request_duration_seconds', seconds, { operation, level });
    if (!logsRequests) return;
    const { method } = request;
    const ms = Math.round(milliseconds * 1000) / 1000;
    // `level` in a line is its severity.
    const consistency = level;
    const fields = { method, route, status, result, consistency, ms, request_id: requestId };
    node.observer.log('debug', 'request', fields);
  }
}

function bytesOf({ body }: Reply): number {
  return HEAD_BYTES + body.length;
}

function levelLabel(asked: string | undefined): string {
  if (asked === undefined) return 'default';
  const name = asked.toLowerCase();
  return LEVEL_LABELS.has(name) ? name : 'other';
}
