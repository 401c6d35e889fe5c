/** The HTTP server beneath the API, with its limits. See docs/http-api.md. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionFigures } from '../api/api-world.js';
import type { Cancel, Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { messageOf, OperatingError } from '../errors.js';
import { GuardedEvents } from './guarded-events.js';
import { type ConnectionOwner, HttpConnection } from './http-connection.js';
import { HttpConnections } from './http-connections.js';
import { type HttpDoor, TcpDoor } from './http-door.js';
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
/** Bytes of headers beyond the limit that are still read, so that a 431 can be answered. */
const EXCESS_BYTES = 32 * 1024;
/** How often the server looks for slow requests, and at its end for idle connections. */
const CHECK_MILLISECONDS = 500;
const CLOSING_CHECK_MILLISECONDS = 25;
/** So often in the time of sending it is looked who takes too little. */
const SEND_CHECKS = 8;

const noClose = (): void => undefined;

/** @throws OperatingError `not_ready` where the address cannot be listened on */
export async function listenHttp(
  options: HttpListenerOptions,
  door: HttpDoor = new TcpDoor(options.host, options.port),
): Promise<HttpListener> {
  const listener = new Listener(options, door);
  await listener.listen();
  return listener;
}

class Listener implements HttpListener, ConnectionOwner {
  readonly #options: HttpListenerOptions;
  readonly #door: HttpDoor;
  readonly #server: Server;
  readonly #judge: HeadJudge;
  readonly #log: LimitedLog;
  readonly events: GuardedEvents;
  readonly #connections: HttpConnections;
  #closing: Promise<void> | undefined;
  #cancelSending: Cancel = noClose;
  #port = 0;

  constructor(options: HttpListenerOptions, door: HttpDoor) {
    this.#options = options;
    this.#door = door;
    this.#judge = new HeadJudge(options, new ServedHosts([options.host, ...options.hostNames]));
    const { observer, clock } = options;
    this.#log = new LimitedLog(observer, clock);
    this.events = new GuardedEvents({ listener: 'clients', clock, log: this.#log, observer });
    this.#connections = new HttpConnections({
      connectionsMax: options.connectionsMax,
      waitingBytesMax: options.pipelinedBytesMax,
      ...{ observer, log: this.#log, events: this.events },
    });
    this.#server = createServer({
      maxHeaderSize: options.headerBytesMax + EXCESS_BYTES,
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

  #listenTo(server: Server): void {
    const { events } = this;
    const cut = (request: IncomingMessage, _with: unknown): void => {
      request.socket.destroy();
    };
    const cutSocket = (socket: Duplex): void => {
      socket.destroy();
    };
    events.on(server, 'connection', cutSocket, (socket: Socket) => {
      this.#connections.open(new HttpConnection(socket, this, this.#connections));
    });
    // What expects something is judged in its turn, as all the others.
    for (const name of ['request', 'checkContinue', 'checkExpectation']) {
      events.on(server, name, cut, (request: IncomingMessage, response: ServerResponse) => {
        this.#connectionOf(request.socket)?.add(response);
      });
    }
    events.on(
      server,
      'clientError',
      (_error: Error, socket: Duplex) => cutSocket(socket),
      (error: NodeJS.ErrnoException, socket: Duplex) => {
        if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
        else if (error.code === TIMEOUT) this.#connectionOf(socket)?.timeOut(refusalOfError(error));
        else this.#connectionOf(socket)?.break(refusalOfError(error));
      },
    );
    events.on(server, 'connect', cut, (_request: IncomingMessage, socket: Duplex) => {
      events.on(socket, 'error', noClose, noClose);
      this.#connectionOf(socket)?.break(NO_TUNNELS);
    });
    events.on(server, 'timeout', cutSocket, (socket: Duplex) => {
      const connection = this.#connectionOf(socket);
      // What is being received or handled has deadlines of its own.
      if (connection?.isBusy === false && connection.hasServed) socket.destroy();
    });
  }

  async listen(): Promise<void> {
    const { host, port } = this.#options;
    const onFailed = (error: Error): void => {
      this.#log.log('error', 'a connection was not accepted', { reason: error.message });
    };
    try {
      this.#port = await this.#door.open(this.#server, this.events, onFailed);
    } catch (cause) {
      const message = `cannot listen on ${host}:${String(port)}: ${messageOf(cause)}`;
      throw new OperatingError('not_ready', message, { cause });
    }
    this.#watchSending();
  }

  #watchSending(): void {
    const { sendTimeoutMilliseconds: span, clock } = this.#options;
    this.#cancelSending = this.events.after(span / SEND_CHECKS, noClose, () => {
      this.#watchSending();
      this.#connections.cutUnread(clock.monotonicMilliseconds(), span);
    });
  }

  get graceMilliseconds(): number {
    return this.#options.requestTimeoutMilliseconds;
  }

  get port(): number {
    return this.#port;
  }

  get figures(): ConnectionFigures {
    return this.#connections.figures;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    let cancelIdle: Cancel = noClose;
    const closeIdle = (): void => {
      cancelIdle = this.events.after(CLOSING_CHECK_MILLISECONDS, noClose, closeIdle);
      this.#connections.cutQuiet();
    };
    const { closeTimeoutMilliseconds } = this.#options;
    const cancelLast = this.events.after(closeTimeoutMilliseconds, noClose, () => {
      this.#connections.cutAll();
    });
    const closed = this.#door.close(this.#server);
    closeIdle();
    await closed;
    cancelIdle();
    cancelLast();
    this.#cancelSending();
  }

  begin(connection: HttpConnection, response: ServerResponse): void {
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
  }

  handle(response: ServerResponse): void {
    if (this.#closing !== undefined) response.setHeader('connection', 'close');
    this.#options.handler(response.req, response);
  }

  farewell(refusal: HttpRefusal): string {
    this.#note(refusal, undefined);
    return rawProblem(refusal, this.#options.problem(refusal));
  }

  /** Undefined where it was given up: nothing is heard of it any more. */
  #connectionOf(socket: Duplex): HttpConnection | undefined {
    const connection = this.#connections.of(socket);
    if (connection === undefined) socket.destroy();
    return connection;
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
}
