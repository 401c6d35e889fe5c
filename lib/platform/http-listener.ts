/** The HTTP server beneath the API, with its limits. See docs/http-api.md. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { OperatingError } from '../errors.js';
import type { HttpRefusal } from './http-refusals.js';
import {
  EXPECTATION,
  HEADERS_TOO_LARGE,
  NO_HOST,
  NO_TUNNELS,
  problemHeaders,
  rawProblem,
  refusalOfError,
} from './http-refusals.js';

export interface HttpListenerOptions {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  readonly headersMax: number;
  /** Names and values together, with four bytes for the punctuation of each line. */
  readonly headerBytesMax: number;
  readonly connectionsMax: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeoutMilliseconds: number;
  /** From the first byte of a request to the end of its body. */
  readonly requestTimeoutMilliseconds: number;
  readonly keepAliveTimeoutMilliseconds: number;
  /** After it a closing listener cuts what is still being answered. */
  readonly closeTimeoutMilliseconds: number;
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** Runs it together with the handling of other requests of this turn of the event loop, soon. */
  readonly together: (run: () => void) => void;
  /** The text of an `application/problem+json` body. */
  readonly problem: (refusal: HttpRefusal) => string;
}

export interface HttpListener {
  readonly port: number;
  /** Stops accepting, lets answers under way end, cuts the rest after the timeout. */
  close(): Promise<void>;
}

/** How often the server looks for slow requests, and at its end for idle connections. */
const CHECK_MILLISECONDS = 500;
const CLOSING_CHECK_MILLISECONDS = 25;
/** Cut while its client still sends, a connection takes the answer with it: read on for a while. */
const LINGER_MILLISECONDS = 500;
/** `: ` and the end of the line. */
const LINE_PUNCTUATION_BYTES = 4;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** @throws OperatingError `not_ready` where the address cannot be listened on */
export async function listenHttp(options: HttpListenerOptions): Promise<HttpListener> {
  const listener = new Listener(options);
  await listener.listen();
  return listener;
}

class Listener implements HttpListener {
  readonly #options: HttpListenerOptions;
  readonly #server: Server;
  /** The last request of a connection: whose answer would a late problem be taken for? */
  readonly #last = new WeakMap<Duplex, Exchange>();
  /** Connections that got their last problem; what still comes in is thrown away. */
  readonly #refused = new WeakSet<Duplex>();
  #closing: Promise<void> | undefined;

  constructor(options: HttpListenerOptions) {
    this.#options = options;
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
    this.#server.maxConnections = options.connectionsMax;
    this.#server.on('request', (request, response) => {
      this.#handle(request, response);
    });
    this.#server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
      this.#refuse(response, EXPECTATION);
    });
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      this.#clientError(error, socket);
    });
    this.#server.on('connect', (_request, socket) => {
      socket.on('error', () => undefined);
      this.#refuseConnection(socket.resume(), NO_TUNNELS);
    });
  }

  async listen(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => {
        const message = `cannot listen on ${host}:${String(port)}: ${cause.message}`;
        reject(new OperatingError('not_ready', message, { cause }));
      });
      this.#server.listen(port, host, resolve);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
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
        resolve();
      });
      this.#server.closeIdleConnections();
    });
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    this.#last.set(request.socket, { request, response });
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      this.#refuse(response, refusal);
      return;
    }
    this.#options.together(() => {
      // Who is gone by now would never end: nothing more is heard of its body.
      if (request.destroyed || response.destroyed || this.#refused.has(request.socket)) return;
      if (this.#closing !== undefined) response.setHeader('connection', 'close');
      this.#options.handler(request, response);
    });
  }

  #refusalOf(request: IncomingMessage): HttpRefusal | undefined {
    const { rawHeaders } = request;
    if (rawHeaders.length > 2 * this.#options.headersMax) return HEADERS_TOO_LARGE;
    let bytes = 0;
    let host = request.httpVersionMinor === 0;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] ?? '';
      bytes += name.length + (rawHeaders[index + 1]?.length ?? 0) + LINE_PUNCTUATION_BYTES;
      host ||= name.length === 4 && name.toLowerCase() === 'host';
    }
    if (bytes > this.#options.headerBytesMax) return HEADERS_TOO_LARGE;
    return host ? undefined : NO_HOST;
  }

  #refuse(response: ServerResponse, refusal: HttpRefusal): void {
    const body = this.#options.problem(refusal);
    // Too many headers are passed over with their body, and the connection goes on.
    if (refusal !== HEADERS_TOO_LARGE) response.setHeader('connection', 'close');
    response.writeHead(refusal.status, problemHeaders(body));
    response.end(body);
  }

  #clientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (this.#refused.has(socket)) return;
    const last = this.#last.get(socket);
    const answered = last === undefined || last.response.writableFinished;
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
    } else if (answered || (!last.response.headersSent && !last.request.complete)) {
      // The broken request is the one that waits for this answer.
      this.#refuseConnection(socket, refusalOfError(error));
    } else if (last.request.complete) {
      // What is broken came behind a good request: that one gets its answer first.
      last.response.once('close', () => socket.destroy());
    } else {
      socket.destroy();
    }
  }

  #refuseConnection(socket: Duplex, refusal: HttpRefusal): void {
    this.#refused.add(socket);
    const cut = setTimeout(() => {
      socket.destroy();
    }, LINGER_MILLISECONDS);
    socket.once('close', () => {
      clearTimeout(cut);
    });
    socket.end(rawProblem(refusal, this.#options.problem(refusal)));
  }
}
