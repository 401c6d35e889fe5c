/** Kept connections to one endpoint, and what became of each request. */
import type { ClientRequest, IncomingMessage } from 'node:http';
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
  /** The endpoint answers nobody, and no connection to it was free: nothing was sent. */
  | { readonly kind: 'unsent' }
  /** The connection broke under the request. */
  | { readonly kind: 'broken' }
  /** No answer in time. */
  | { readonly kind: 'silent' };

type Settle = (outcome: LoadOutcome) => void;

export class LoadEndpoint {
  readonly #host: string;
  readonly #port: number;
  readonly #agent: Agent;
  readonly #timeoutMilliseconds: number;
  readonly #open = new Set<ClientRequest>();
  /** Those that have no connection yet. */
  readonly #waiting = new Map<ClientRequest, Settle>();
  #answeredAt = 0;
  #isSilent = false;
  #isClosed = false;

  constructor(url: string, connections: number, timeoutMilliseconds: number) {
    const { hostname, port } = new URL(url);
    this.#host = hostname.replace(/^\[(.*)\]$/, '$1');
    this.#port = Number(port || 80);
    this.#timeoutMilliseconds = timeoutMilliseconds;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: connections,
      maxFreeSockets: connections,
      scheduling: 'fifo',
    });
  }

  /** Has it answered nobody for as long as a request is awaited? */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** `done` is called once. */
  send({ method, path, headers, body }: LoadRequest, done: Settle): void {
    if (this.#isClosed) {
      done({ kind: 'unsent' });
      return;
    }
    const place = { host: this.#host, port: this.#port, agent: this.#agent };
    const sent = request({ ...place, method, path, headers });
    let timer: NodeJS.Timeout | undefined;
    const settle: Settle = (outcome) => {
      if (!this.#open.delete(sent)) return;
      this.#waiting.delete(sent);
      clearTimeout(timer);
      done(outcome);
    };
    this.#open.add(sent);
    this.#waiting.set(sent, settle);
    // Patience begins with a connection: where many requests are due, they wait here for one.
    sent.on('socket', () => {
      this.#waiting.delete(sent);
      const since = performance.now();
      timer = setTimeout(() => {
        settle({ kind: 'silent' });
        sent.destroy();
        if (this.#answeredAt < since) this.#fallSilent();
      }, this.#timeoutMilliseconds);
    });
    const isConnected = watchConnection(sent);
    sent.on('error', () => settle({ kind: isConnected() ? 'broken' : 'refused' }));
    sent.on('response', (response) => {
      this.#answeredAt = performance.now();
      this.#isSilent = false;
      readBody(response, settle);
    });
    sent.end(body);
  }

  /** What is under way breaks; nothing is sent any more. */
  close(): void {
    this.#isClosed = true;
    this.#giveUpWaiting();
    for (const sent of this.#open) sent.destroy();
    this.#agent.destroy();
  }

  /** Those that wait would each wait for a whole patience of somebody before them. */
  #fallSilent(): void {
    this.#isSilent = true;
    this.#giveUpWaiting();
  }

  #giveUpWaiting(): void {
    for (const [sent, settle] of [...this.#waiting]) {
      settle({ kind: 'unsent' });
      sent.destroy();
    }
  }
}

function readBody(response: IncomingMessage, settle: Settle): void {
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
