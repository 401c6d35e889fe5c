/** The HTTP server beneath the API, with its limits. See docs/http-api.md. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionFigures } from '../api/api-world.js';
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { messageOf, OperatingError } from '../errors.js';
import { type ConnectionOwner, HttpConnection } from './http-connection.js';
import { HttpConnections } from './http-connections.js';
import { HeadJudge, type HeadLimits } from './http-head.js';
import { ServedHosts } from './http-hosts.js';
import {
  HEADERS_TOO_LARGE,
  type HttpRefusal,
  NO_TUNNELS,
  refusalHeaders,
  rawProblem,
  refusalOfError,
  TOO_MANY_CONNECTIONS,
} from './http-refusals.js';
import { LimitedLog } from './limited-log.js';
import { takeOrigin } from './request-target.js';

export interface HttpListenerOptions extends HeadLimits {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** Under which the node is served, besides IP literals and `localhost`. */
  readonly hostNames: readonly string[];
  readonly connectionsMax: number;
  /** Heads of requests that wait, on all connections, for earlier ones of theirs. */
  readonly pipelinedBytesMax: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeoutMilliseconds: number;
  /** From the first byte of a request to the end of its body. */
  readonly requestTimeoutMilliseconds: number;
  readonly keepAliveTimeoutMilliseconds: number;
  /** A client that takes too little of its answer for so long is cut. */
  readonly sendTimeoutMilliseconds: number;
  /** After it a closing listener cuts what is still being answered. */
  readonly closeTimeoutMilliseconds: number;
  /** Is it a question after health? It is answered beyond the limit of connections too. */
  readonly isVital: (url: string) => boolean;
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** Runs it together with the handling of other requests of this turn of the event loop, soon. */
  readonly together: (run: () => void) => void;
  /** The text of an `application/problem+json` body. */
  readonly problem: (refusal: HttpRefusal) => string;
  readonly clock: Clock;
  readonly observer: Observer;
}

export interface HttpListener {
  readonly port: number;
  readonly figures: ConnectionFigures;
  /** Stops accepting, lets answers under way end, cuts the rest after the timeout. */
  close(): Promise<void>;
}

/** The parser's clock ran out. */
const TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT';
/** How often the server looks for slow requests, and at its end for idle connections. */
const CHECK_MILLISECONDS = 500;
const CLOSING_CHECK_MILLISECONDS = 25;
/** So often in the time of sending it is looked who takes too little. */
const SEND_CHECKS = 8;

const add = (connection: HttpConnection, response: ServerResponse): void => {
  connection.add(response);
};
const breakOff = (connection: HttpConnection, refusal: HttpRefusal): void => {
  connection.break(refusal);
};
const timeOut = (connection: HttpConnection, refusal: HttpRefusal): void => {
  connection.timeOut(refusal);
};

/** @throws OperatingError `not_ready` where the address cannot be listened on */
export async function listenHttp(options: HttpListenerOptions): Promise<HttpListener> {
  const listener = new Listener(options);
  await listener.listen();
  return listener;
}

class Listener implements HttpListener, ConnectionOwner {
  readonly #options: HttpListenerOptions;
  readonly #server: Server;
  readonly #judge: HeadJudge;
  readonly #log: LimitedLog;
  readonly #connections: HttpConnections;
  #closing: Promise<void> | undefined;
  #sending: ReturnType<typeof setInterval> | undefined;

  constructor(options: HttpListenerOptions) {
    this.#options = options;
    this.#judge = new HeadJudge(options, new ServedHosts([options.host, ...options.hostNames]));
    this.#log = new LimitedLog(options.observer, options.clock);
    this.#connections = new HttpConnections({
      connectionsMax: options.connectionsMax,
      waitingBytesMax: options.pipelinedBytesMax,
      observer: options.observer,
      log: this.#log,
    });
    this.#server = createServer({
      // More than the limit, so that most of what is beyond it can be answered in good order.
      maxHeaderSize: 2 * options.headerBytesMax,
      headersTimeout: options.headersTimeoutMilliseconds,
      requestTimeout: options.requestTimeoutMilliseconds,
      keepAliveTimeout: options.keepAliveTimeoutMilliseconds,
      connectionsCheckingInterval: CHECK_MILLISECONDS,
      // Without a problem body otherwise.
      requireHostHeader: false,
    });
    // Otherwise headers beyond about a thousand vanish, and their meaning with them.
    this.#server.maxHeadersCount = 0;
    // A client that has asked may close its side and wait for the answers.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    this.#listenTo(this.#server);
  }

  /** Each of these is reached by strangers: whatever they send, none of them may throw. */
  #listenTo(server: Server): void {
    const take = (request: IncomingMessage, response: ServerResponse): void => {
      this.#guarded(request.socket, add, response);
    };
    server.on('connection', (socket) => {
      this.#connections.open(new HttpConnection(socket, this, this.#connections));
    });
    // What expects something is judged in its turn, as all the others.
    server.on('request', take).on('checkContinue', take).on('checkExpectation', take);
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
      else if (error.code === TIMEOUT) this.#guarded(socket, timeOut, refusalOfError(error));
      else this.#guarded(socket, breakOff, refusalOfError(error));
    });
    server.on('connect', (_request, socket) => {
      socket.on('error', () => undefined);
      this.#guarded(socket, breakOff, NO_TUNNELS);
    });
    server.on('timeout', (socket) => {
      this.#guarded(socket, this.#idled, undefined);
    });
  }

  async listen(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const failed = (cause: Error): void => {
        const message = `cannot listen on ${host}:${String(port)}: ${cause.message}`;
        reject(new OperatingError('not_ready', message, { cause }));
      };
      this.#server.once('error', failed);
      this.#server.listen(port, host, () => {
        this.#server.off('error', failed);
        // The system may fail to accept one: that must not end the node.
        this.#server.on('error', (error) => {
          this.#log.log('error', 'a connection was not accepted', { reason: error.message });
        });
        resolve();
      });
    });
    const { sendTimeoutMilliseconds: span, clock } = this.#options;
    this.#sending = setInterval(() => {
      this.#connections.cutUnread(clock.monotonicMilliseconds(), span);
    }, span / SEND_CHECKS);
  }

  get graceMilliseconds(): number {
    return this.#options.requestTimeoutMilliseconds;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get figures(): ConnectionFigures {
    return this.#connections.figures;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #close(): Promise<void> {
    return new Promise((resolve) => {
      const idle = setInterval(() => {
        this.#server.closeIdleConnections();
      }, CLOSING_CHECK_MILLISECONDS);
      const last = setTimeout(() => {
        this.#server.closeAllConnections();
      }, this.#options.closeTimeoutMilliseconds);
      this.#server.close(() => {
        clearInterval(idle);
        clearTimeout(last);
        clearInterval(this.#sending);
        resolve();
      });
      this.#server.closeIdleConnections();
    });
  }

  begin(connection: HttpConnection, response: ServerResponse): void {
    this.#guarded(connection.socket, this.#begin, response);
  }

  handle(connection: HttpConnection, response: ServerResponse): void {
    this.#guarded(connection.socket, this.#handle, response);
  }

  readonly #begin = (connection: HttpConnection, response: ServerResponse): void => {
    const { req: request } = response;
    const target = takeOrigin(request);
    const beyond = this.#connections.isBeyond(connection);
    const isExcess = beyond && !this.#options.isVital(request.url ?? '');
    if (isExcess) this.#connections.note('limit');
    const verdict = isExcess ? TOO_MANY_CONNECTIONS : this.#judge.judge(request, target);
    if (verdict !== undefined && verdict !== 'last') {
      this.#refuse(request, response, verdict);
      return;
    }
    if (verdict === 'last' || beyond) response.setHeader('connection', 'close');
    this.#options.together(connection.handle);
  };

  readonly #handle = (_connection: HttpConnection, response: ServerResponse): void => {
    if (this.#closing !== undefined) response.setHeader('connection', 'close');
    this.#options.handler(response.req, response);
  };

  farewell(refusal: HttpRefusal): string {
    this.#note(refusal, undefined);
    return rawProblem(refusal, this.#options.problem(refusal));
  }

  /**
   * A bug that a request finds ends its connection, and not the node. What `run` is about is given
   * beside it, so that no function need be made for each request.
   */
  #guarded<Given>(
    socket: Duplex,
    run: (connection: HttpConnection, given: Given) => void,
    given: Given,
  ): void {
    const connection = this.#connections.of(socket);
    try {
      if (connection !== undefined) run(connection, given);
      else socket.destroy();
    } catch (error) {
      socket.destroy();
      this.#log.log('error', 'a request failed unexpectedly', { reason: messageOf(error), error });
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, refusal: HttpRefusal): void {
    this.#note(refusal, request.method);
    const body = this.#options.problem(refusal);
    // Too many headers are passed over with their body, and the connection goes on.
    if (refusal !== HEADERS_TOO_LARGE) response.setHeader('connection', 'close');
    response.writeHead(refusal.status, refusalHeaders(refusal, body));
    response.end(body);
  }

  #note({ status, code }: HttpRefusal, method: string | undefined): void {
    this.#options.observer.log('debug', 'request refused', { method, status, code });
  }

  readonly #idled = (connection: HttpConnection): void => {
    // What is being received or handled has deadlines of its own.
    if (!connection.isBusy && connection.hasServed) connection.socket.destroy();
  };
}
