/** One connection of a client: its requests one at a time, in their order (RFC 9112, 9.3). */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Cancel } from '../environment/clock.js';
import type { GuardedEvents } from './guarded-events.js';
import { type HttpRefusal, TOO_MUCH_AHEAD } from './http-refusals.js';
import { SendWatch } from './send-watch.js';

/** What a connection asks of the listener. A request goes by its response, which names it. */
export interface ConnectionOwner {
  /** Refuses the request, or has `handle` called soon; each is answered, or its socket cut. */
  begin(connection: HttpConnection, response: ServerResponse): void;
  handle(response: ServerResponse): void;
  /** The last response of a connection, an error, as it is written to the socket. */
  farewell(refusal: HttpRefusal): string;
  /** For a message that could not be read in its time, since earlier ones were handled. */
  readonly graceMilliseconds: number;
  readonly events: GuardedEvents;
}

/** What it shares with all the others. */
export interface ConnectionPlace {
  /** Is there room for so many bytes more of requests that wait? Pair it with `release`. */
  hold(bytes: number): boolean;
  /** The same for what is refused, and kept by Node all the same. False: it was cut. */
  holdRefused(connection: HttpConnection, bytes: number): boolean;
  release(bytes: number): void;
  /** Nothing is under way on it any more. */
  idle(connection: HttpConnection): void;
  busy(connection: HttpConnection): void;
}

const forget = (): void => undefined;
/** What a parsed request takes besides the texts of its head. */
const REQUEST_BYTES = 2048;
/** Cut while its client still sends, a connection takes the answer with it: read on for a while. */
const LINGER_MILLISECONDS = 500;

/**
 * Node hands over each request as soon as it was parsed, whether earlier ones were answered or not.
 * Here the next one begins when the socket has taken the whole answer to the one before. While any
 * waits nothing more is read, so that there never wait more than one read has brought.
 *
 * Node keeps each request that it has parsed until the connection ends, answered or not. So nothing
 * is read either while a farewell is due, and what is read behind the farewell is not parsed. What
 * the last read before has brought is counted: where that is too much the connection is cut.
 */
export class HttpConnection {
  readonly socket: Socket;
  readonly sending: SendWatch;
  readonly #owner: ConnectionOwner;
  readonly #place: ConnectionPlace;
  readonly #waiting: ServerResponse[] = [];
  #waitingBytes = 0;
  #refusedBytes = 0;
  #current: ServerResponse | undefined;
  /** Has the current request begun, and was not handled yet? */
  #isDue = false;
  /** No request is taken any more; what is said when those before have their answers. */
  #farewell: HttpRefusal | undefined;
  /** The last message is broken and has its answer: there is nothing more to say. */
  #isSilent = false;
  #ended = false;
  /** What still comes is read and forgotten. */
  #lingers = false;
  /** Has it not been read for a while, since the parser's clock last ran out? */
  #wasHeld = false;
  /** What is said where a message gets no further in its grace. */
  #late: HttpRefusal | undefined;
  #cancelGrace: Cancel | undefined;
  #added = 0;
  #readThen: number | undefined;
  #hasServed = false;
  /** Handles the request that has begun. One function for all requests of the connection. */
  readonly handle: () => void;
  readonly #guardedNext: () => void;
  readonly #cut = (): void => {
    this.socket.destroy();
  };

  constructor(socket: Socket, owner: ConnectionOwner, place: ConnectionPlace) {
    this.socket = socket;
    this.sending = new SendWatch(socket);
    this.#owner = owner;
    this.#place = place;
    // Whoever still reads the body of an earlier request makes the socket flow again.
    const { events } = owner;
    events.on(socket, 'resume', this.#cut, () => {
      if (this.#isHeld) socket.pause();
      else if (this.#lingers) this.#parseNoMore();
    });
    events.on(socket, 'close', this.#cut, () => {
      this.#forget();
      place.release(this.#refusedBytes);
    });
    const cutSoon = socket.destroySoon.bind(socket);
    // Node calls it behind the last answer of a connection.
    socket.destroySoon = events.guarded('destroySoon', this.#cut, () => {
      if (this.#current === undefined || this.#current.req.complete) cutSoon();
      else this.#linger().end();
    });
    this.handle = events.guarded('request', this.#cut, () => this.#handle());
    this.#guardedNext = events.guarded('answered', this.#cut, () => this.#next());
  }

  /** The last response was written, or the socket is gone: nothing more is answered on it. */
  get isOver(): boolean {
    return this.#ended || this.socket.destroyed || this.socket.writableEnded;
  }

  get hasServed(): boolean {
    return this.#hasServed;
  }

  /** Is nothing under way, and did nothing come since this was asked before? Half a head may. */
  isQuiet(): boolean {
    const { bytesRead } = this.socket;
    const isQuiet = bytesRead === this.#readThen;
    this.#readThen = bytesRead;
    // Whatever is over ends by itself.
    return isQuiet && this.#current === undefined && !this.isOver;
  }

  get isBusy(): boolean {
    return this.#current !== undefined;
  }

  /** What was parsed next. After a broken message, or the last response, it is ignored. */
  add(response: ServerResponse): void {
    if (this.isOver) return;
    this.#added += 1;
    if (this.#farewell !== undefined) this.#holdRefused(response);
    else if (this.#current === undefined) this.#begin(response);
    else this.#enqueue(response);
  }

  #handle(): void {
    const response = this.#current;
    if (response === undefined || !this.#isDue) return;
    this.#isDue = false;
    // Who is gone by now would never end: nothing more is heard of its body.
    if (response.req.destroyed || response.destroyed || this.isOver) return;
    this.#owner.handle(response);
  }

  /** What came behind the requests so far is no request, or not complete in time. */
  break(refusal: HttpRefusal): void {
    if (this.#farewell !== undefined || this.isOver) return;
    this.#farewell = refusal;
    const last = this.#waiting.at(-1) ?? this.#current;
    // The broken message is the last one that was handed over, or one that never was.
    const isWhole = last === undefined || last.req.complete;
    if (!isWhole && last !== this.#current) this.#dropLast();
    if (this.#current === undefined) this.#end(refusal);
    else if (!isWhole && last === this.#current) this.#breakCurrent(refusal);
    else this.socket.pause();
  }

  /** A message was not complete in time. That it was not read is not its client's fault. */
  timeOut(refusal: HttpRefusal): void {
    if (!this.#wasHeld) {
      this.break(refusal);
      return;
    }
    this.#wasHeld = false;
    this.#late = refusal;
    if (this.#waiting.length === 0) this.#startGrace();
  }

  /** From when it is read again. */
  #startGrace(): void {
    const added = this.#added;
    const { events, graceMilliseconds } = this.#owner;
    this.#cancelGrace = events.after(graceMilliseconds, this.#cut, () => {
      this.#cancelGrace = undefined;
      const late = this.#late;
      // Held again: it begins anew when that is over.
      if (late === undefined || this.#waiting.length > 0) return;
      this.#late = undefined;
      const isWhole = this.#current === undefined || this.#current.req.complete;
      if (this.#added === added || !isWhole) this.break(late);
    });
  }

  /** Writes the last response at once. */
  #end(refusal: HttpRefusal): void {
    this.#ended = true;
    this.#forget();
    const socket = this.#linger();
    if (this.#isSilent) socket.end();
    else socket.end(this.#owner.farewell(refusal));
  }

  /** What its client still sends is read and forgotten, until it ends or it took long enough. */
  #linger(): Socket {
    const { socket } = this;
    const { events } = this.#owner;
    const cancel = events.after(LINGER_MILLISECONDS, this.#cut, this.#cut);
    events.on(socket, 'close', this.#cut, cancel);
    this.#lingers = true;
    // Node has a socket that was paused read again at its event only.
    if (!socket.isPaused()) this.#parseNoMore();
    return socket.resume();
  }

  /** Node's parser lets go of a socket as soon as somebody else listens to its data. */
  #parseNoMore(): void {
    const { socket } = this;
    socket.removeAllListeners('data');
    this.#owner.events.on(socket, 'data', this.#cut, forget);
  }

  #breakCurrent(refusal: HttpRefusal): void {
    // An answer that was made early, a refusal, is let go its way.
    if (this.#current?.headersSent === true) this.#isSilent = true;
    else this.#end(refusal);
  }

  #begin(response: ServerResponse): void {
    this.#current = response;
    this.#isDue = true;
    this.#hasServed = true;
    this.#place.busy(this);
    // Once is how often it comes; to listen so costs two objects more.
    response.on('close', this.#guardedNext);
    this.#owner.begin(this, response);
  }

  #enqueue(response: ServerResponse): void {
    const bytes = bytesOf(response);
    if (!this.#place.hold(bytes)) {
      this.#farewell = TOO_MUCH_AHEAD;
      this.#holdRefused(response);
      return;
    }
    this.#waitingBytes += bytes;
    this.#waiting.push(response);
    this.#wasHeld = true;
    this.socket.pause();
  }

  /** One read brings more than the one that was refused: all of it is parsed. */
  #holdRefused(response: ServerResponse): void {
    this.socket.pause();
    const bytes = bytesOf(response);
    if (this.#place.holdRefused(this, bytes)) this.#refusedBytes += bytes;
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
      if (this.#waiting.length === 0) this.#readOn();
    } else if (this.#farewell !== undefined) {
      this.#end(this.#farewell);
    } else {
      this.#place.idle(this);
    }
  }

  /** Is nothing read now? */
  get #isHeld(): boolean {
    if (this.#waiting.length > 0) return true;
    return this.#farewell !== undefined && !this.isOver && this.#current?.req.complete === true;
  }

  #readOn(): void {
    if (this.#isHeld) return;
    this.socket.resume();
    if (this.#late !== undefined && this.#cancelGrace === undefined) this.#startGrace();
  }

  #dropLast(): void {
    const last = this.#waiting.pop();
    if (last !== undefined) this.#release(bytesOf(last));
  }

  #forget(): void {
    this.#cancelGrace?.();
    this.#waiting.length = 0;
    this.#release(this.#waitingBytes);
  }

  #release(bytes: number): void {
    this.#waitingBytes -= bytes;
    this.#place.release(bytes);
  }
}

function bytesOf({ req }: ServerResponse): number {
  const texts = req.rawHeaders.reduce((bytes, text) => bytes + text.length, 0);
  return REQUEST_BYTES + texts + (req.url?.length ?? 0);
}
