/** A light load at a steady rate, whatever the answers take: what other work does to latency. */
import { Agent, request } from 'node:http';

export interface Answered {
  /** `performance.now()` at which it was due. */
  readonly due: number;
  readonly milliseconds: number;
  readonly status: number;
}

export interface SteadyLoadOptions {
  readonly endpoints: readonly string[];
  readonly perSecond: number;
}

const VALUE = JSON.stringify({ value: 'x'.repeat(98) });
const KEYS = 1000;

/** Connections that stay open; by default as many as are needed at once. */
export function keptAlive(connections = 64): Agent {
  return new Agent({ keepAlive: true, maxSockets: connections });
}

/** One request to its end; the status is 0 where the connection broke. */
export function ask(agent: Agent, method: string, url: string, body = ''): Promise<number> {
  return new Promise((resolve) => {
    const headers = body === '' ? {} : { 'Content-Type': 'application/json' };
    const sent = request(url, { agent, method, headers }, (answer) => {
      answer.on('end', () => resolve(answer.statusCode ?? 0));
      answer.on('error', () => resolve(0));
      answer.resume();
    });
    sent.on('error', () => resolve(0));
    sent.end(body);
  });
}

/** Puts and gets at quorum in turn, of keys of its own. Timed from when each was due. */
export class SteadyLoad {
  readonly answers: Answered[] = [];
  readonly #options: SteadyLoadOptions;
  readonly #agent = keptAlive();
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  #sent = 0;

  constructor(options: SteadyLoadOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#sendWhatIsDue(), 1);
  }

  /** Of the requests that were due from `from` to `to`. */
  percentile(share: number, from: number, to: number): number {
    const times = this.answers
      .filter(({ due }) => due >= from && due < to)
      .map(({ milliseconds }) => milliseconds)
      .sort((a, b) => a - b);
    return times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? Number.NaN;
  }

  count(from: number, to: number): number {
    return this.answers.filter(({ due }) => due >= from && due < to).length;
  }

  /** Answers that were no 200. */
  get failures(): number {
    return this.answers.filter(({ status }) => status !== 200).length;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  #sendWhatIsDue(): void {
    for (;;) {
      const due = this.#startedAt + (1000 * this.#sent) / this.#options.perSecond;
      if (due > performance.now()) return;
      void this.#send(this.#sent, due);
      this.#sent += 1;
    }
  }

  /** A key is put once and read afterwards, so that no two blind puts of it meet. */
  async #send(n: number, due: number): Promise<void> {
    const { endpoints } = this.#options;
    const endpoint = endpoints[n % endpoints.length] ?? '';
    const key = `light-${Math.floor(n / 2)}`;
    const isPut = n % 2 === 0 || n < KEYS;
    const older = `light-${Math.floor((n - KEYS) / 2)}`;
    const url = `${endpoint}/api/v1/kv/${isPut ? `${key}-${n % 2}` : `${older}-0`}`;
    const status = await ask(this.#agent, isPut ? 'PUT' : 'GET', url, isPut ? VALUE : '');
    this.answers.push({ due, milliseconds: performance.now() - due, status });
  }
}
