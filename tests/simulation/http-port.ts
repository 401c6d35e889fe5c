/**
 * The HTTP side of one life of a node: the production listener and API behind the parser of
 * node:http. Only sockets are replaced, by streams in memory, so that what needs no time happens
 * within one event.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isHealthPath } from '../../lib/api/admin/health-routes.js';
import { createApi } from '../../lib/api/api.js';
import type { ApiWorld } from '../../lib/api/api-world.js';
import { problemBody } from '../../lib/api/http/problem.js';
import type { Observer } from '../../lib/environment/observer.js';
import { OperatingError } from '../../lib/errors.js';
import type { HttpDoor } from '../../lib/platform/http-door.js';
import {
  type HttpListener,
  type HttpListenerOptions,
  listenHttp,
} from '../../lib/platform/http-listener.js';
import { ClientConnection } from './client-connection.js';
import { NAME_HEADER } from './connection-log.js';
import { bytesOf, type HttpAnswer, type HttpRequest, isLast } from './http-answers.js';
import type { SeededRandom } from './seeded-random.js';

/** What seeds choose of the listener. */
export type ConnectionLimits = Pick<
  HttpListenerOptions,
  | 'connectionsMax'
  | 'pipelinedBytesMax'
  | 'keepAliveTimeoutMilliseconds'
  | 'sendTimeoutMilliseconds'
>;

export const MANY_CONNECTIONS: ConnectionLimits = {
  ...{ connectionsMax: 1000, pipelinedBytesMax: 1_048_576 },
  ...{ keepAliveTimeoutMilliseconds: 5000, sendTimeoutMilliseconds: 5000 },
};

export interface HttpPortOptions {
  readonly api: Omit<ApiWorld, 'connections'>;
  readonly limits: ConnectionLimits;
  readonly observer: Observer;
  readonly random: SeededRandom;
  /** A request was handed to the API. */
  readonly onBegun: (name: string) => void;
  /** Something happened that nothing explains. */
  readonly onTrouble: (message: string) => void;
}

const NO_CONNECTIONS = { open: 0, openMax: 0, waitingBytes: 0 };
/** Mostly a request is sent on a connection that is there; now and then a client ends one. */
const KEPT_SHARE = 0.85;
const ENDED_SHARE = 0.2;
const CLOSE_TIMEOUT_MILLISECONDS = 2000;
const LATE_MILLISECONDS = 100;
/** The clock of the parser is a real one: nothing is late by it. */
const NEVER_MILLISECONDS = 3_600_000;

export class HttpPort {
  readonly #options: HttpPortOptions;
  readonly #door = new MemoryDoor();
  readonly #listening: Promise<HttpListener>;
  #listener: HttpListener | undefined;
  /** Connections on which nothing is under way. */
  readonly #kept: ClientConnection[] = [];
  /** Handed to the API, and not answered in full; without questions after health. */
  readonly #underWay = new Set<ServerResponse>();
  #asked = 0;

  constructor(options: HttpPortOptions) {
    this.#options = options;
    const connections = () => this.#listener?.figures ?? NO_CONNECTIONS;
    const serve = createApi({ ...options.api, connections });
    this.#listening = listenHttp(
      listenerOptions(options, (request, response) => {
        this.#noteBegun(request, response);
        serve(request, response);
      }),
      this.#door,
    );
    void this.#listening.then((listener) => {
      this.#listener = listener;
    });
  }

  /** False: the node ends, and whoever comes is refused. */
  get isOpen(): boolean {
    return this.#door.isOpen;
  }

  connect(): ClientConnection {
    const connection = new ClientConnection(this.#options.api.clock);
    this.#door.enter(connection);
    return connection;
  }

  /** Resolves with the answer; never, where the life of the node ends before it. */
  exchange(request: HttpRequest): Promise<HttpAnswer> {
    const { random, onTrouble } = this.#options;
    const kept = random.chance(KEPT_SHARE) ? this.#kept.pop() : undefined;
    const connection = kept ?? this.connect();
    this.#asked += 1;
    const name = `${this.#asked}`;
    const bytes = bytesOf({ ...request, headers: { ...request.headers, [NAME_HEADER]: name } });
    connection.headOnly = request.method === 'HEAD';
    return new Promise((resolve, reject) => {
      connection.onEnd = () => {
        if (this.isOpen) reject(new Error('its connection was cut'));
      };
      connection.onAnswer = (answer) => {
        const of = answer.headers.get(NAME_HEADER);
        if (of !== name && (of !== undefined || !isLast(answer))) {
          onTrouble(`request ${name} got the answer to ${of}`);
        }
        this.#keep(connection, answer);
        resolve(answer);
      };
      connection.send(bytes);
    });
  }

  /** As a node ends: nobody else is let in, and what is under way is answered, or cut at last. */
  async close(): Promise<void> {
    const { api, onTrouble } = this.#options;
    const cancel = api.clock.after(CLOSE_TIMEOUT_MILLISECONDS + LATE_MILLISECONDS, () => {
      onTrouble('connections are open long after a stop began');
    });
    await (await this.#listening).close();
    cancel();
  }

  /**
   * After the simulation. A parser of node:http is not collected while its socket is open, and
   * holds all of its node: requests that a dead life never answered would keep their worlds.
   */
  release(): void {
    this.#door.release();
  }

  #noteBegun(request: IncomingMessage, response: ServerResponse): void {
    const name = request.headers[NAME_HEADER];
    const { onBegun, onTrouble, limits } = this.#options;
    if (typeof name === 'string') {
      response.setHeader(NAME_HEADER, name);
      onBegun(name);
    }
    if (isHealthPath(request.url ?? '')) return;
    this.#underWay.add(response);
    response.once('close', () => this.#underWay.delete(response));
    // Answered in full, a request is over, though its end is told a little later.
    const busy = [...this.#underWay].filter((one) => !one.writableFinished).length;
    if (busy > limits.connectionsMax) onTrouble(`${busy} connections have a request under way`);
  }

  #keep(connection: ClientConnection, answer: HttpAnswer): void {
    const { random, onTrouble } = this.#options;
    connection.onAnswer = () => onTrouble('an answer that nobody has asked for');
    connection.onEnd = () => this.#drop(connection);
    if (isLast(answer)) return;
    if (random.chance(ENDED_SHARE)) connection.socket.endSending();
    else this.#kept.push(connection);
  }

  #drop(connection: ClientConnection): void {
    const at = this.#kept.indexOf(connection);
    if (at >= 0) this.#kept.splice(at, 1);
  }
}

function listenerOptions(
  { api, limits, observer }: HttpPortOptions,
  handler: HttpListenerOptions['handler'],
): HttpListenerOptions {
  return {
    ...{ host: '127.0.0.1', port: 0, hostNames: ['simulated'], headersMax: 100 },
    ...{ headerBytesMax: 1_048_576, closeTimeoutMilliseconds: CLOSE_TIMEOUT_MILLISECONDS },
    headersTimeoutMilliseconds: NEVER_MILLISECONDS,
    requestTimeoutMilliseconds: NEVER_MILLISECONDS,
    ...limits,
    isVital: isHealthPath,
    ...{ clock: api.clock, observer, handler, together: api.together },
    problem: ({ code, detail }) =>
      JSON.stringify(problemBody(new OperatingError(code, detail), api.requestId(), 'none')),
  };
}

/** Lets in whoever knocks, until it is closed. */
class MemoryDoor implements HttpDoor {
  readonly #open = new Set<ClientConnection['socket']>();
  #server: Server | undefined;
  #onEmpty: (() => void) | undefined;

  get isOpen(): boolean {
    return this.#onEmpty === undefined;
  }

  open(server: Server): Promise<number> {
    this.#server = server;
    return Promise.resolve(0);
  }

  enter({ socket }: ClientConnection): void {
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      if (this.#open.size === 0) this.#onEmpty?.();
    });
    this.#server?.emit('connection', socket);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      if (this.#open.size === 0) resolve();
    });
  }

  /** Nobody hears of it. */
  release(): void {
    this.#onEmpty ??= () => undefined;
    for (const socket of this.#open) socket.destroy();
  }
}
