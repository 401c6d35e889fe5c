/** A transport for tests of the client: nodes answer as they are told; what they got is kept. */
import type { HttpAnswer, HttpRequest, Unanswered } from '../../../lib/client/client.js';
import type { HttpTransport } from '../../../lib/client/client.js';

export type FakeReply = HttpAnswer | Unanswered | 'silent';
export type FakeNode = (request: HttpRequest, times: number) => FakeReply | Promise<FakeReply>;

export interface FakeRequest extends HttpRequest {
  readonly endpoint: string;
}

export const HEALTH = '/healthz';

export function answerOf(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const all: Readonly<Record<string, string>> = {
    'content-type': 'application/json',
    'x-consistency-achieved': 'quorum',
    'x-replicas': '2/3',
    ...headers,
  };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const header = (name: string): string | undefined => all[name];
  return { kind: 'http', status, header, body: new TextEncoder().encode(text) };
}

export function problemOf(
  status: number,
  code: string,
  more: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const problem = { code, detail: 'why', outcome: 'none', retryable: true, ...more };
  return answerOf(status, problem, headers);
}

export const refused: Unanswered = {
  kind: 'unanswered',
  nothingSent: true,
  reason: 'ECONNREFUSED',
};
export const broken: Unanswered = { kind: 'unanswered', nothingSent: false, reason: 'ECONNRESET' };

export class FakeTransport implements HttpTransport {
  /** Requests, without those for health. */
  readonly sent: FakeRequest[] = [];
  readonly ended: string[] = [];
  readonly #nodes: Readonly<Record<string, FakeNode>>;
  readonly #times = new Map<string, number>();

  /** @param nodes by endpoint; health is answered by who is not silent or refused */
  constructor(nodes: Readonly<Record<string, FakeNode>>) {
    this.#nodes = nodes;
  }

  async send(
    endpoint: string,
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpAnswer | Unanswered> {
    const isHealth = request.path === HEALTH;
    const times = this.#times.get(endpoint) ?? 0;
    if (!isHealth) {
      this.sent.push({ ...request, endpoint });
      this.#times.set(endpoint, times + 1);
    }
    const reply = (await this.#nodes[endpoint]?.(request, times)) ?? refused;
    if (isHealth && reply !== 'silent' && reply !== refused) return answerOf(200, {});
    if (reply !== 'silent') return reply;
    await new Promise((resolve) => {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener('abort', resolve);
    });
    if (!isHealth) this.ended.push(endpoint);
    return { kind: 'unanswered', nothingSent: false, reason: 'AbortError' };
  }

  get endpoints(): string[] {
    return this.sent.map(({ endpoint }) => endpoint);
  }
}
