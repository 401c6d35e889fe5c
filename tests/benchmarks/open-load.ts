/**
 * Open-loop load: requests leave when they are due, whatever became of the earlier ones, and their
 * latency counts from then: so nothing is left out while the system stands still.
 */
import type { Dispatcher } from 'undici';
import { Pool } from 'undici';

export interface OpenRequest {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Keep the body of the answer: only of samples, since it costs. */
  readonly keepBody?: boolean;
}

export interface Answered {
  /** The n-th request, n = 0, 1, 2... */
  readonly n: number;
  /** `performance.now()` at which it was due. */
  readonly due: number;
  /** From when it was due to the end of its answer. */
  readonly milliseconds: number;
  /** From when it left: what the node that answered knows of. */
  readonly underwayMilliseconds: number;
  /** 0: no answer: the connection broke, or patience ended. */
  readonly status: number;
  readonly body: string | undefined;
  /** Why there is no answer. */
  readonly reason: string | undefined;
}

export interface OpenLoadOptions {
  readonly endpoints: readonly string[];
  /** Infinity: each answer makes room for the next request, as in a closed loop. */
  readonly perSecond: number;
  /** All endpoints together; as many requests are under way in a closed loop. */
  readonly connections: number;
  readonly patienceMilliseconds: number;
  /** So many requests at most. */
  readonly count?: number;
  readonly request: (n: number) => OpenRequest;
  readonly onAnswer: (answered: Answered) => void;
}

/** While as many wait for answers, those that are due wait too, and their time runs. */
const IN_FLIGHT_MAX = 20_000;
const TICK_MILLISECONDS = 1;
/** So long an endpoint that has refused a connection is passed over. */
const REST_MILLISECONDS = 250;

interface Endpoint {
  readonly pool: Pool;
  restsUntil: number;
}

export class OpenLoad {
  readonly #options: OpenLoadOptions;
  readonly #endpoints: readonly Endpoint[];
  readonly #inFlightMax: number;
  #startedAt = 0;
  #endsAt = 0;
  #sent = 0;
  #inFlight = 0;
  #idle: () => void = () => undefined;
  /** Connections that were refused, their requests going to the next endpoint. */
  refused = 0;

  constructor(options: OpenLoadOptions) {
    this.#options = options;
    const { connections, endpoints, patienceMilliseconds: patience } = options;
    const share = Math.max(1, Math.round(connections / endpoints.length));
    this.#inFlightMax =
      options.perSecond === Number.POSITIVE_INFINITY ? connections : IN_FLIGHT_MAX;
    const limits = { connections: share, headersTimeout: patience, bodyTimeout: patience };
    this.#endpoints = endpoints.map((url) => ({ pool: new Pool(url, limits), restsUntil: 0 }));
  }

  get sent(): number {
    return this.#sent;
  }

  /** Resolves when all that became due within `seconds` was answered, or given up. */
  async run(seconds: number): Promise<void> {
    this.#startedAt = performance.now();
    this.#endsAt = this.#startedAt + seconds * 1000;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        this.#sendWhatIsDue();
        if (!this.#isOver) return;
        clearInterval(timer);
        resolve();
      }, TICK_MILLISECONDS);
    });
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await Promise.all(this.#endpoints.map(({ pool }) => pool.close()));
  }

  /** Nothing further becomes due. */
  stop(): void {
    this.#endsAt = Math.min(this.#endsAt, performance.now());
  }

  /** Has all that was due left? */
  get #isOver(): boolean {
    if (this.#sent === this.#options.count) return true;
    return performance.now() >= this.#endsAt && this.#dueAt(this.#sent) >= this.#endsAt;
  }

  #dueAt(n: number): number {
    const { perSecond } = this.#options;
    return perSecond === Number.POSITIVE_INFINITY
      ? performance.now()
      : this.#startedAt + (1000 * n) / perSecond;
  }

  #sendWhatIsDue(): void {
    while (this.#inFlight < this.#inFlightMax && this.#sent !== this.#options.count) {
      const due = this.#dueAt(this.#sent);
      if (due > performance.now() || due >= this.#endsAt) return;
      const n = this.#sent;
      this.#sent += 1;
      this.#inFlight += 1;
      this.#send(n, due, this.#options.request(n), 0);
    }
  }

  /**
   * They take turns. What was for one that rests is shared by the others, two requests at a time:
   * kinds of requests may take turns, too. Where all of them rest, it is tried all the same.
   */
  #endpointFor(n: number, refusals: number): Endpoint {
    const now = performance.now();
    const count = this.#endpoints.length;
    const own = this.#endpoints[(n + refusals) % count];
    if (own === undefined) throw new Error('there is no endpoint');
    if (own.restsUntil <= now) return own;
    const awake = this.#endpoints.filter(({ restsUntil }) => restsUntil <= now);
    return awake[Math.floor(n / (2 * count)) % awake.length] ?? own;
  }

  /** @param refusals endpoints that have refused it before */
  #send(n: number, due: number, request: OpenRequest, refusals: number): void {
    const endpoint = this.#endpointFor(n, refusals);
    let status = 0;
    let left = due;
    let body: string | undefined;
    const end = (reason?: string): void => {
      const now = performance.now();
      const times = { due, milliseconds: now - due, underwayMilliseconds: now - left };
      this.#inFlight -= 1;
      this.#options.onAnswer({ n, ...times, status, body, reason });
      this.#sendWhatIsDue();
      if (this.#inFlight === 0) this.#idle();
    };
    const { method, path, headers, body: sent, keepBody = false } = request;
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => {
        left = performance.now();
      },
      onResponseStart: (_, code) => {
        status = code;
      },
      onResponseData: (_, chunk) => {
        if (keepBody) body = (body ?? '') + chunk.toString('utf8');
      },
      onResponseEnd: () => end(),
      onResponseError: (_, error) => {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ECONNREFUSED' && refusals + 1 < this.#endpoints.length) {
          this.refused += 1;
          endpoint.restsUntil = performance.now() + REST_MILLISECONDS;
          this.#send(n, due, request, refusals + 1);
          return;
        }
        status = 0;
        end(code ?? error.message);
      },
    };
    endpoint.pool.dispatch({ method, path, headers, body: sent ?? null }, handler);
  }
}

const ONCE_PATIENCE_MILLISECONDS = 30_000;

export interface OnceOptions {
  readonly endpoints: readonly string[];
  readonly connections: number;
  readonly count: number;
  readonly request: (n: number) => OpenRequest;
  readonly onAnswer?: (answered: Answered) => void;
}

/** Sends `count` requests, as fast as they are answered. @throws Error where one is no 200 */
export async function sendOnce({
  count,
  onAnswer = () => undefined,
  ...asked
}: OnceOptions): Promise<void> {
  const refused: Answered[] = [];
  const load = new OpenLoad({
    ...{ ...asked, count },
    perSecond: Number.POSITIVE_INFINITY,
    patienceMilliseconds: ONCE_PATIENCE_MILLISECONDS,
    onAnswer: (answered) => {
      if (answered.status !== 200) refused.push(answered);
      onAnswer(answered);
    },
  });
  await load.run(Number.POSITIVE_INFINITY);
  const [first] = refused;
  if (first === undefined) return;
  throw new Error(`${refused.length} of ${count} refused: ${first.status} ${first.reason ?? ''}`);
}
