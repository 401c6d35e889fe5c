/** A light load at a steady rate, whatever the answers take: what other work does to latency. */
import { Agent, request } from 'node:http';
import type { Answered, OpenRequest } from './open-load.js';
import { OpenLoad } from './open-load.js';

export interface SteadyLoadOptions {
  readonly endpoints: readonly string[];
  readonly perSecond: number;
}

const VALUE = JSON.stringify({ value: 'x'.repeat(98) });
const KEYS = 1000;
const CONNECTIONS = 64;
const PATIENCE_MILLISECONDS = 60_000;

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
  readonly #load: OpenLoad;
  readonly #run: Promise<void>;

  constructor({ endpoints, perSecond }: SteadyLoadOptions) {
    this.#load = new OpenLoad({
      ...{ endpoints, perSecond, connections: CONNECTIONS * endpoints.length },
      patienceMilliseconds: PATIENCE_MILLISECONDS,
      request: steadyRequest,
      onAnswer: (answered) => this.answers.push(answered),
    });
    this.#run = this.#load.run(Number.POSITIVE_INFINITY);
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

  /** Resolves when what was under way has been answered. */
  stop(): Promise<void> {
    this.#load.stop();
    return this.#run;
  }
}

/** A key is put once and read afterwards, so that no two blind puts of it meet. */
function steadyRequest(n: number): OpenRequest {
  if (n % 2 === 0 || n < KEYS) {
    const path = `/api/v1/kv/light-${Math.floor(n / 2)}-${n % 2}`;
    return { method: 'PUT', path, headers: { 'Content-Type': 'application/json' }, body: VALUE };
  }
  const older = Math.floor((n - KEYS) / 2);
  return { method: 'GET', path: `/api/v1/kv/light-${older}-0`, headers: {} };
}
