/** One request and its one reply: admitted, handled, answered, counted; the same on every path. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LARGE_BYTES } from '../../encoding/large.js';
import { timeLeft } from '../../environment/by-deadline.js';
import { OperatingError } from '../../errors.js';
import { DEFAULT_NAMESPACE } from '../../partitioning/namespace.js';
import type { ApiWorld } from '../api-world.js';
import { RequestAdmission } from './admission.js';
import { AnswerBytes } from './answer-bytes.js';
import type { Explanation } from '../../coordination/request/explanation.js';
import { explanationOf, withExplanation } from './explained.js';
import { achievedLabel, levelLabel } from './level-label.js';
import { LargeTurns } from './large-turns.js';
import { operatingError, problemReply } from './problem.js';
import { RateLimits } from './rate-limits.js';
import { isTooLongToDiscard } from './read-body.js';
import { bytesOf, closing, endReply, type HttpReply, lineEnded, writeHead } from './reply.js';
import { type RequestHeaders, requestIdOf, scanHeaders } from './request-headers.js';
import { levelAsked } from './request-options.js';

export interface HttpExchangeKind {
  /** The label of metrics. */
  readonly operation: string;
  /** A read changes nothing, whatever goes wrong with it. */
  readonly reads: boolean;
  /** Refused where too much is under way? A node that sheds load must still say that it lives. */
  readonly shed: boolean;
  /** May its answer say how it came about? */
  readonly explains?: true;
  /** Answered whatever there is room for. */
  readonly vital?: true;
  /** Of the request, as far as the path is known without looking closer. */
  readonly route: string;
}

export class HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Path and query as they were sent; without `explain`. */
  url: string;
  readonly kind: HttpExchangeKind;
  readonly headers: RequestHeaders;
  readonly requestId: string;
  /** On the monotonic clock, when it was parsed and its turn had come. */
  readonly startedAt: number;
  /** The pattern of the path, for the log: what clients put into paths is not written there. */
  route: string;
  /** Of the keys that it is about. */
  namespace = DEFAULT_NAMESPACE;
  /** Bytes that are held for the answer: at first maybe a guess, then what it has. */
  reserved = 0;
  /** Does it count as a request under way? */
  entered = false;
  /** What is held of the body of the request. */
  bodyBytes = 0;
  /** Was its body waited for? */
  isBodyLate = false;
  /** Of every answer to it: name, value, ... */
  extraHeaders: readonly string[] = [];
  /** How its answer comes about, where it asks for that. */
  explanation: Explanation | undefined = undefined;
  /** What leaves, once there is something. */
  reply: HttpReply | undefined = undefined;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    url: string,
    kind: HttpExchangeKind,
    startedAt: number,
    freshId: () => string,
  ) {
    this.request = request;
    this.response = response;
    this.url = url;
    this.kind = kind;
    this.startedAt = startedAt;
    this.headers = scanHeaders(request.rawHeaders);
    this.requestId = requestIdOf(this.headers.requestId, freshId);
    this.route = kind.route;
  }

  get headOnly(): boolean {
    return this.request.method === 'HEAD';
  }
}

/** What answers an exchange: at once where nothing need be waited for. */
export type HttpHandler = (exchange: HttpExchange) => HttpReply | Promise<HttpReply>;

export class HttpExchanges {
  readonly admission: RequestAdmission;
  readonly answers: AnswerBytes;
  readonly turns: LargeTurns;
  readonly rateLimits: RateLimits;
  readonly #world: ApiWorld;
  /** Their heads are made; they leave together. */
  #leaving: HttpExchange[] = [];

  constructor(world: ApiWorld) {
    this.#world = world;
    this.admission = new RequestAdmission(world.limits, world.node.foreground);
    this.answers = new AnswerBytes(world.limits.answerBytesInFlightMax);
    this.rateLimits = new RateLimits(world);
    this.turns = new LargeTurns(world.clock, world.together);
  }

  /**
   * Answers with what `handle` returns, or with the problem of what it throws. Never throws, nor
   * rejects.
   * @returns undefined where it has answered
   */
  serve(
    request: IncomingMessage,
    response: ServerResponse,
    url: string,
    kind: HttpExchangeKind,
    handle: HttpHandler,
  ): Promise<void> | undefined {
    const { clock, requestId } = this.#world;
    const now = clock.monotonicMilliseconds();
    const exchange = new HttpExchange(request, response, url, kind, now, requestId);
    let reply: HttpReply | Promise<HttpReply>;
    try {
      if (kind.shed) {
        this.admission.enter();
        exchange.entered = true;
      }
      exchange.explanation = explanationOf(exchange, this.#world);
      reply = handle(exchange);
    } catch (error) {
      reply = this.problemOf(error, exchange, kind.reads);
    }
    if (reply instanceof Promise) return this.#finishLater(exchange, reply);
    this.#finish(exchange, reply);
    return undefined;
  }

  /**
   * Room for an answer of about so many bytes, before it is made.
   * @throws OperatingError `overloaded`
   */
  reserve(exchange: HttpExchange, bytes: number): void {
    this.answers.hold(bytes);
    exchange.reserved += bytes;
  }

  /**
   * What is left of the time that a request named, once its body is there: it began with its head.
   * Who names none has the usual time from here on, however slowly the body came.
   * @throws OperatingError `deadline_passed`
   */
  left({ startedAt, isBodyLate }: HttpExchange, named?: number): number | undefined {
    if (named === undefined || !isBodyLate) return named;
    const late = () => new OperatingError('deadline_passed', 'the body has taken all of the time');
    return timeLeft(this.#world.clock, startedAt + named, late);
  }

  /**
   * Makes an answer of about so many bytes: a large one where there is room for it, in a turn of
   * its own.
   * @throws OperatingError `overloaded`
   */
  inTurn<Made>(exchange: HttpExchange, bytes: number, make: () => Made): Made | Promise<Made> {
    if (bytes >= LARGE_BYTES) this.reserve(exchange, bytes);
    const turn = this.turns.next(bytes);
    return turn === undefined ? make() : turn.then(make);
  }

  #finishLater(exchange: HttpExchange, reply: Promise<HttpReply>): Promise<void> {
    return reply.then(
      (made) => this.#finish(exchange, made),
      (error: unknown) => {
        this.#finish(exchange, this.problemOf(error, exchange, exchange.kind.reads));
      },
    );
  }

  #finish(exchange: HttpExchange, reply: HttpReply): void {
    if (exchange.entered) this.admission.leave();
    this.admission.release(exchange.bodyBytes);
    this.answers.release(exchange.reserved);
    exchange.reserved = 0;
    const { request, response, headers, explanation } = exchange;
    let sent = lineEnded(withExplanation(reply, explanation));
    // Else nobody is there any more, or the listener answered in our place (a body held open).
    if (!response.headersSent && !response.destroyed) {
      sent = this.#bounded(sent, exchange);
      if (!request.complete && isTooLongToDiscard(headers)) sent = closing(sent);
      this.#send(exchange, sent);
    }
    this.#observe(exchange, sent);
  }

  /** Holds the bytes of the reply until it has left; a read for which there is no room is shed. */
  #bounded(reply: HttpReply, exchange: HttpExchange): HttpReply {
    const { reads, vital } = exchange.kind;
    let bounded = reply;
    try {
      if (reads && vital !== true) this.answers.hold(bytesOf(reply));
      else this.answers.holdAnyway(bytesOf(reply));
    } catch (error) {
      bounded = this.problemOf(error, exchange, reads);
      this.answers.holdAnyway(bytesOf(bounded));
    }
    exchange.reserved = bytesOf(bounded);
    return bounded;
  }

  /** A header that cannot be sent would otherwise end the process. */
  #send(exchange: HttpExchange, reply: HttpReply): void {
    const { response, requestId, kind, extraHeaders } = exchange;
    exchange.reply = reply;
    for (const text of extraHeaders) reply.headers.push(text);
    try {
      writeHead(response, reply, requestId);
    } catch (error) {
      exchange.reply = this.problemOf(error, exchange, kind.reads);
      writeHead(response, exchange.reply, requestId);
    }
    this.#leaving.push(exchange);
    if (this.#leaving.length === 1) this.#world.together(this.#leave);
  }

  readonly #leave = (): void => {
    const leaving = this.#leaving;
    this.#leaving = [];
    for (const exchange of leaving) this.#end(exchange);
  };

  /** The socket mostly takes an answer at once: then there is nothing to listen for. */
  #end(exchange: HttpExchange): void {
    const { response, reply, reserved, headOnly } = exchange;
    if (reply !== undefined) endReply(response, reply, headOnly);
    if (response.destroyed || response.writableLength === 0) this.answers.release(reserved);
    else response.on('close', () => this.answers.release(reserved));
  }

  /** @param reads what was asked changes nothing, whatever went wrong */
  problemOf(
    error: unknown,
    { requestId }: Pick<HttpExchange, 'requestId'>,
    reads: boolean,
  ): HttpReply {
    if (!(error instanceof OperatingError)) {
      const fields = { request_id: requestId, error };
      this.#world.node.observer.log('error', 'a request failed unexpectedly', fields);
    }
    return problemReply(operatingError(error), requestId, reads ? 'none' : undefined);
  }

  #observe(
    { request, requestId, kind, route, headers, startedAt, namespace }: HttpExchange,
    reply: HttpReply,
  ): void {
    const { clock, node, logsRequests } = this.#world;
    const { operation } = kind;
    const isConditional = headers.ifMatch !== undefined || headers.ifNoneMatch !== undefined;
    const isOnce = headers.idempotencyKey !== undefined;
    const rules = node.namespaces.effective(namespace);
    const defaults = rules ?? node.settings.values;
    const level = levelLabel(operation, levelAsked(headers), isConditional || isOnce, defaults);
    const milliseconds = clock.monotonicMilliseconds() - startedAt;
    const { result, status } = reply;
    const labels = { operation, level, result, class: classOf(reply) };
    node.observer.count('quorate_requests_total', labels);
    if (namespace !== DEFAULT_NAMESPACE && rules !== undefined) {
      const ofIt = { namespace, operation, class: labels.class };
      node.observer.count('quorate_namespace_requests_total', ofIt);
    }
    const seconds = milliseconds / 1000;
    node.observer.measure('quorate_request_duration_seconds', seconds, { operation, level });
    // A write under an Idempotency-Key is at `strong`, whatever it names: never weaker.
    if (headers.fallback !== undefined && !isOnce) this.#countFallback(operation, level, reply);
    if (!logsRequests) return;
    const { method } = request;
    const ms = Math.round(milliseconds * 1000) / 1000;
    // `level` in a line is its severity.
    const consistency = level;
    const fields = { method, route, status, result, consistency, ms, request_id: requestId };
    node.observer.log('debug', 'request', fields);
  }

  /** An answer that is weaker than what was asked for first says so, and is counted. */
  #countFallback(operation: string, level: string, reply: HttpReply): void {
    const achieved = achievedLabel(reply.headers);
    if (achieved === undefined || achieved === level) return;
    const labels = { operation, level, achieved };
    this.#world.node.observer.count('quorate_fallbacks_total', labels);
  }
}

/** Did the client get what it may ask for? `refused`: it asked for what it may not have. */
function classOf({ status, result }: HttpReply): 'answered' | 'refused' | 'failed' {
  if (status < 400 || result === 'not_found' || result === 'siblings') return 'answered';
  return status < 500 || result === 'not_implemented' ? 'refused' : 'failed';
}
