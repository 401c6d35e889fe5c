/** One request and its answer, at an endpoint that is known to answer. */
import { Endpoints } from './endpoints.js';
import { firstToAnswer } from './first-to-answer.js';
import { ownProblem, type Problem } from './quorate-error.js';
import type { HttpAnswer, HttpRequest, HttpTransport, Unanswered } from './transport.js';

/** A node without a deadline from us has its own; this is for the network to it. */
const PATIENCE_MILLISECONDS = 60_000;
/** What the way there and back may take above the deadline. */
const WAY_MILLISECONDS = 2000;

export class Connection {
  readonly #transport: HttpTransport;
  readonly #endpoints: Endpoints;

  /** @param addresses origins, in the order of preference */
  constructor(transport: HttpTransport, addresses: readonly string[]) {
    this.#transport = transport;
    this.#endpoints = new Endpoints(addresses);
  }

  /**
   * Never throws for what a network or a node may do. The request is sent once: whoever repeats a
   * write decides that with its outcome in hand. So that it does not go to a node that is silent,
   * an endpoint that has not answered lately is asked first whether it does, where there are more.
   *
   * @param timeoutMilliseconds the deadline that the request names; undefined: none
   */
  async send(
    request: HttpRequest,
    timeoutMilliseconds: number | undefined,
  ): Promise<HttpAnswer | Problem> {
    const patience =
      timeoutMilliseconds === undefined
        ? PATIENCE_MILLISECONDS
        : timeoutMilliseconds + WAY_MILLISECONDS;
    const deadline = performance.now() + patience;
    const headers = { 'user-agent': 'quorate', ...request.headers };
    const refusals: string[] = [];
    const refused = (endpoint: string, reason: string): void => {
      refusals.push(`${endpoint} (${reason})`);
      this.#endpoints.missed(endpoint, performance.now());
    };
    let left = this.#endpoints.inOrder(performance.now());
    while (left.length > 0) {
      const endpoint = await this.#choose(left, deadline, refused);
      if (endpoint === undefined) break;
      const answer = await this.#ask(endpoint, { ...request, headers }, timeLeft(deadline));
      if (answer.kind === 'http') {
        this.#endpoints.answered(endpoint, performance.now());
        return answer;
      }
      refused(endpoint, answer.reason);
      if (!answer.nothingSent) return unanswered(request, endpoint, answer);
      left = left.filter((other) => other !== endpoint);
    }
    const detail = `no endpoint takes a connection: ${refusals.join(', ')}`;
    return ownProblem('peer_unreachable', detail, { outcome: 'none', retryable: true });
  }

  async #ask(
    endpoint: string,
    request: HttpRequest,
    timeoutMilliseconds: number,
  ): Promise<HttpAnswer | Unanswered> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeoutMilliseconds);
    try {
      return await this.#transport.send(endpoint, request, limit.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The only one left, or one that has answered lately, is sent to unasked. */
  async #choose(
    left: readonly string[],
    deadline: number,
    refused: (endpoint: string, reason: string) => void,
  ): Promise<string | undefined> {
    const [first] = left;
    if (first === undefined) return undefined;
    if (left.length === 1 || this.#endpoints.isKnown(first, performance.now())) return first;
    const { winner, failed } = await firstToAnswer(this.#transport, left, timeLeft(deadline));
    for (const { endpoint, reason } of failed) refused(endpoint, reason);
    return winner;
  }
}

function timeLeft(deadline: number): number {
  return Math.max(1, deadline - performance.now());
}

function unanswered({ method }: HttpRequest, endpoint: string, { reason }: Unanswered): Problem {
  const isLate = reason === 'AbortError';
  return ownProblem(
    isLate ? 'deadline_passed' : 'peer_unreachable',
    `${endpoint} did not answer: ${isLate ? 'its time is over' : reason}`,
    { outcome: method === 'GET' ? 'none' : 'unknown', retryable: true },
  );
}
