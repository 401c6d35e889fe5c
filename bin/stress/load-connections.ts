/** Requests by the thousand: kept connections to each endpoint, and what became of each request. */
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
import { watchConnection } from '../watch-connection.js';

export interface LoadRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string | undefined;
}

export type LoadOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly body: string;
      /** What the client has seen by now; undefined: the request was of no session. */
      readonly sessionToken: string | undefined;
      /** How old it can be, as it says. */
      readonly stalenessBound: string | undefined;
    }
  /** Every endpoint refused the connection: nothing was sent. */
  | { readonly kind: 'refused' }
  /** The connection broke under the request. */
  | { readonly kind: 'broken' }
  /** No answer in time. */
  | { readonly kind: 'silent' };

export interface LoadConnectionsOptions {
  readonly endpoints: readonly string[];
  /** For each endpoint. */
  readonly connections: number;
  readonly timeoutMilliseconds: number;
  /** A connection was refused, and the request goes elsewhere. */
  readonly onRefused: () => void;
}

interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly agent: Agent;
}

export class LoadConnections {
  readonly #options: LoadConnectionsOptions;
  readonly #endpoints: readonly Endpoint[];
  /** Each for itself: a put after every second get would always meet the same endpoint. */
  readonly #turns = { GET: 0, PUT: 0, DELETE: 0 };

  constructor(options: LoadConnectionsOptions) {
    this.#options = options;
    this.#endpoints = options.endpoints.map((text) => {
      const { hostname, port } = new URL(text);
      const agent = new Agent({
        keepAlive: true,
        maxSockets: options.connections,
        maxFreeSockets: options.connections,
        scheduling: 'fifo',
      });
      return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 80), agent };
    });
  }

  /** Endpoints take turns, with gets and with puts; `done` is called once. */
  send(load: LoadRequest, done: (outcome: LoadOutcome) => void): void {
    const turn = (this.#turns[load.method] + 1) % this.#endpoints.length;
    this.#turns[load.method] = turn;
    this.#sendFrom(turn, 0, load, done);
  }

  close(): void {
    for (const { agent } of this.#endpoints) agent.destroy();
  }

  #sendFrom(
    first: number,
    refusals: number,
    load: LoadRequest,
    done: (outcome: LoadOutcome) => void,
  ): void {
    const endpoint = this.#endpoints[(first + refusals) % this.#endpoints.length];
    if (endpoint === undefined || refusals >= this.#endpoints.length) {
      done({ kind: 'refused' });
      return;
    }
    sendOnce(endpoint, load, this.#options.timeoutMilliseconds, (outcome) => {
      if (outcome.kind !== 'refused') {
        done(outcome);
        return;
      }
      this.#options.onRefused();
      this.#sendFrom(first, refusals + 1, load, done);
    });
  }
}

function sendOnce(
  { host, port, agent }: Endpoint,
  { method, path, headers, body }: LoadRequest,
  timeoutMilliseconds: number,
  done: (outcome: LoadOutcome) => void,
): void {
  const sent = request({ host, port, agent, method, path, headers });
  let settled = false;
  const settle = (outcome: LoadOutcome): void => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    done(outcome);
  };
  // Patience begins with a connection: until then the request waits here, and nobody is silent.
  let timer: NodeJS.Timeout | undefined;
  sent.on('socket', () => {
    timer = setTimeout(() => {
      settle({ kind: 'silent' });
      sent.destroy();
    }, timeoutMilliseconds);
  });
  const isConnected = watchConnection(sent);
  sent.on('error', () => settle({ kind: isConnected() ? 'broken' : 'refused' }));
  sent.on('response', (response) => readBody(response, settle));
  sent.end(body);
}

function readBody(response: IncomingMessage, settle: (outcome: LoadOutcome) => void): void {
  let body = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    body += chunk;
  });
  response.on('error', () => settle({ kind: 'broken' }));
  response.on('end', () => {
    settle({
      ...{ kind: 'answered', status: response.statusCode ?? 0, body },
      sessionToken: headerOf(response, 'x-session-token'),
      stalenessBound: headerOf(response, 'x-staleness-bound'),
    });
  });
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const text = headers[name];
  return typeof text === 'string' ? text : undefined;
}
