/** One connection of a client: its requests one at a time, in their order (RFC 9112, 9.3). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type HttpRefusal, TOO_MUCH_AHEAD } from './http-refusals.js';

export interface HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What a connection asks of the listener. */
export interface ConnectionOwner {
  /** Handles the request, or refuses it; every one that begins is answered, or its socket cut. */
  begin(connection: HttpConnection, exchange: HttpExchange): void;
  /** The last words of a connection: as they are written to the socket. */
  farewell(refusal: HttpRefusal): string;
}

/** What it shares with all the others. */
export interface ConnectionPlace {
  /** Is there room for so many bytes more of requests that wait? Pair it with `release`. */
  hold(bytes: number): boolean;
  release(bytes: number): void;
  /** Nothing is under way on it any more. */
  idle(connection: HttpConnection): void;
  busy(connection: HttpConnection): void;
}

/** What a parsed request takes besides the texts of its head. */
const EXCHANGE_BYTES = 2048;
/** Cut while its client still sends, a connection takes the answer with it: read on for a while. */
const LINGER_MILLISECONDS = 500;

/**
 * Node hands over each request as soon as it was parsed, whether earlier ones were answered or not.
 * Here the next one begins when the socket has taken the whole answer to the one before. While any
 * waits nothing more is read, so that there never wait more than one read has brought.
 */
export class HttpConnection {
  readonly socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #place: ConnectionPlace;
  readonly #waiting: HttpExchange[] = [];
  #waitingBytes = 0;
  #current: HttpExchange | undefined;
  /** No request is taken any more; what is said when those before have their answers. */
  #farewell: HttpRefusal | undefined;
  #ended = false;
  #hasServed = false;
  readonly #answered = (): void => this.#next();

  constructor(socket: Socket, owner: ConnectionOwner, place: ConnectionPlace) {
    this.socket = socket;
    this.#owner = owner;
    this.#place = place;
    // Whoever still reads the body of an earlier request makes the socket flow again.
    socket.on('resume', () => {
      if (this.#waiting.length > 0) socket.pause();
    });
    socket.once('close', () => this.#forget());
  }

  /** The last words were said, or the socket is gone: nothing more can be answered on it. */
  get isOver(): boolean {
    return this.#ended || this.socket.destroyed || this.socket.writableEnded;
  }

  /** Has an answer been made that the socket has not taken yet? */
  get isSending(): boolean {
    return this.#current?.response.writableEnded === true || this.#ended;
  }

  get hasServed(): boolean {
    return this.#hasServed;
  }

  get isBusy(): boolean {
    return this.#current !== undefined;
  }

  /** What was parsed next. After a broken message, or last words, nobody hears it. */
  add(exchange: HttpExchange): void {
    if (this.#farewell !== undefined || this.isOver) return;
    if (this.#current === undefined) this.#begin(exchange);
    else this.#enqueue(exchange);
  }

  /** What came behind the requests so far is no request, or not complete in time. */
  break(refusal: HttpRefusal): void {
    if (this.#farewell !== undefined || this.isOver) return;
    this.#farewell = refusal;
    const last = this.#waiting.at(-1) ?? this.#current;
    // The broken message is the last one that was handed over, or one that never was.
    const isWhole = last === undefined || last.request.complete;
    if (!isWhole && last !== this.#current) this.#dropLast();
    if (this.#current === undefined) this.#end(refusal);
    else if (!isWhole && last === this.#current) this.#breakCurrent(refusal);
  }

  /** Says last words at once. */
  #end(refusal: HttpRefusal): void {
    this.#ended = true;
    this.#forget();
    const { socket } = this;
    const cut = setTimeout(() => {
      socket.destroy();
    }, LINGER_MILLISECONDS);
    socket.once('close', () => {
      clearTimeout(cut);
    });
    socket.resume();
    socket.end(this.#owner.farewell(refusal));
  }

  #breakCurrent(refusal: HttpRefusal): void {
    if (this.#current?.response.headersSent === true) this.socket.destroy();
    else this.#end(refusal);
  }

  #begin(exchange: HttpExchange): void {
    this.#current = exchange;
    this.#hasServed = true;
    this.#place.busy(this);
    exchange.response.once('close', this.#answered);
    this.#owner.begin(this, exchange);
  }

  #enqueue(exchange: HttpExchange): void {
    const bytes = bytesOf(exchange);
    if (!this.#place.hold(bytes)) {
      this.#farewell = TOO_MUCH_AHEAD;
      return;
    }
    this.#waitingBytes += bytes;
    this.#waiting.push(exchange);
    this.socket.pause();
  }

  /** The answer to the current request has left, or never will. */
  #next(): void {
    this.#current = undefined;
    if (this.isOver) {
      this.#forget();
      return;
    }
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#release(bytesOf(next));
      this.#begin(next);
      if (this.#waiting.length === 0) this.socket.resume();
    } else if (this.#farewell !== undefined) {
      this.#end(this.#farewell);
    } else {
      this.#place.idle(this);
    }
  }

  #dropLast(): void {
    const last = this.#waiting.pop();
    if (last !== undefined) this.#release(bytesOf(last));
  }

  #forget(): void {
    this.#waiting.length = 0;
    this.#release(this.#waitingBytes);
  }

  #release(bytes: number): void {
    this.#waitingBytes -= bytes;
    this.#place.release(bytes);
  }
}

function bytesOf({ request }: HttpExchange): number {
  const texts = request.rawHeaders.reduce((bytes, text) => bytes + text.length, 0);
  return EXCHANGE_BYTES + texts + (request.url?.length ?? 0);
}
