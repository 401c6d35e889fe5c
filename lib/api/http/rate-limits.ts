/** `rate_limit_max` in `rate_limit_window`: what is refused, and what clients learn of it. */
import type { IncomingMessage } from 'node:http';
import { parseDuration } from '../../encoding/duration.js';
import { OperatingError } from '../../errors.js';
import type { ApiWorld } from '../api-world.js';
import type { RateLimit, RateVerdict } from '../client-rates.js';
import { invalid } from './refusals.js';

/** A flood must not fill the log: one line in so long says how many were refused. */
const LOG_MILLISECONDS = 10_000;
/** The name of the policy in the headers (draft-ietf-httpapi-ratelimit-headers). */
const POLICY = 'client';

/** The part of an exchange that is looked at, and what its answer gets. */
interface Limited {
  readonly request: IncomingMessage;
  extraHeaders: readonly string[];
}

/** What is counted in a namespace. */
interface Taken {
  readonly namespace: string;
  readonly requests: number;
  readonly limit: RateLimit;
}

export class RateLimits {
  readonly #world: ApiWorld;
  #refused = 0;
  #refusedSinceLogged = 0;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(world: ApiWorld) {
    this.#world = world;
  }

  /** In this start of the node. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * What holds in a namespace, by its own rules or as in the cluster; undefined: no limit. Names
   * that this node does not know are not counted: strangers think of any number.
   */
  limitOf(namespace: string): RateLimit | undefined {
    const rules = this.#world.node.namespaces.effective(namespace);
    if (rules === undefined || rules.rate_limit_max === 0) return undefined;
    const { rate_limit_max: max, rate_limit_window: window } = rules;
    return { max, windowSeconds: (parseDuration(window, 's') ?? 1000) / 1000 };
  }

  /**
   * Counts a request of the client. The answer says what is left.
   * @throws OperatingError `too_many_requests`, with `retry_after_s`
   */
  take(exchange: Limited, namespace: string): void {
    const limit = this.limitOf(namespace);
    if (limit !== undefined) this.#takeOf(exchange, { namespace, requests: 1, limit });
  }

  /**
   * Counts the operations of a batch, as many in each namespace, all of them or none: what is
   * refused in one namespace costs nothing in another.
   * @throws OperatingError `too_many_requests`, with `retry_after_s`; `invalid_request` where so
   *   many operations never pass
   */
  takeBatch(exchange: Limited, counts: ReadonlyMap<string, number>): void {
    const limited = [...counts].flatMap(([namespace, requests]) => {
      const limit = this.limitOf(namespace);
      return limit === undefined ? [] : [{ namespace, requests, limit }];
    });
    for (const { requests, limit } of limited) {
      if (requests > limit.max) throw neverPass(requests, limit);
    }
    const { rates } = this.#world;
    const client = rates.clientOf(exchange.request);
    let taken = 0;
    try {
      for (const one of limited) {
        this.#takeOf(exchange, one);
        taken += 1;
      }
    } catch (error) {
      for (const { namespace, requests } of limited.slice(0, taken)) {
        rates.giveBack(client, namespace, requests);
      }
      throw error;
    }
  }

  #takeOf(exchange: Limited, { namespace, requests, limit }: Taken): void {
    const { rates } = this.#world;
    const client = rates.clientOf(exchange.request);
    const verdict = rates.take(client, namespace, requests, limit);
    const seconds = Math.max(1, Math.ceil(verdict.waitMilliseconds / 1000));
    exchange.extraHeaders = headersOf(limit, verdict, seconds);
    if (!verdict.allowed) throw this.#refuse(client, namespace, limit, seconds);
  }

  #refuse(client: string, namespace: string, limit: RateLimit, seconds: number): OperatingError {
    const { node, clock } = this.#world;
    this.#refused += 1;
    this.#refusedSinceLogged += 1;
    node.observer.count('quorate_rate_limited_total', { namespace });
    const now = clock.monotonicMilliseconds();
    if (now - this.#loggedAt >= LOG_MILLISECONDS) {
      const fields = { client, namespace, refused: this.#refusedSinceLogged };
      node.observer.log('warn', 'a client asks more than its rate limit allows', fields);
      this.#loggedAt = now;
      this.#refusedSinceLogged = 0;
    }
    const { max, windowSeconds } = limit;
    const message =
      `at most ${max} requests in ${windowSeconds} s for each client and namespace on this node: ` +
      `wait ${seconds} s, or raise rate_limit_max`;
    const details = { limit: max, window_s: windowSeconds, retry_after_s: seconds, namespace };
    return new OperatingError('too_many_requests', message, { details });
  }
}

function neverPass(requests: number, { max, windowSeconds }: RateLimit): OperatingError {
  const most = `rate_limit_max allows ${max} operations in ${windowSeconds} s`;
  return invalid('operations', `${most}: send them in smaller batches`, requests);
}

function headersOf(
  { max, windowSeconds }: RateLimit,
  { allowed, remaining }: RateVerdict,
  seconds: number,
): readonly string[] {
  return [
    ...['RateLimit-Policy', `"${POLICY}";q=${max};w=${windowSeconds}`],
    ...['RateLimit', `"${POLICY}";r=${allowed ? remaining : 0};t=${seconds}`],
  ];
}
