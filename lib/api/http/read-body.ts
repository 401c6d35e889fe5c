/** Reads the body of a request, within a limit, without ever holding more than it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LARGE_BYTES } from '../../encoding/large.js';
import { OperatingError } from '../../errors.js';
import type { RequestAdmission } from './admission.js';
import type { LargeTurns } from './large-turns.js';
import { unsupported } from './media-type.js';
import { invalid } from './refusals.js';
import type { RequestHeaders } from './request-headers.js';

const EMPTY = Buffer.alloc(0);
/**
 * So many bytes beyond the limit are read and thrown away before a refusal: a client that is still
 * sending when the connection closes may never see the answer.
 */
const DISCARD_BYTES_MAX = 8 * 1024 * 1024;

/** Within what a body is read. */
export interface BodyRoom {
  readonly bytesMax: number;
  /** Of a value within it: what a refusal names, and what the node says of itself. */
  readonly valueBytesMax?: number;
  readonly admission: RequestAdmission;
  readonly turns: LargeTurns;
}

/** Who sends the body, and is asked for it. */
interface Sender {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly headers: RequestHeaders;
  /** What is held of its body: given back with its answer at the latest. */
  bodyBytes: number;
  /** Was it waited for? */
  isBodyLate?: boolean;
}

/** Does the request announce a body? One in chunks may turn out to be empty. */
export function hasBody({ contentLength, transferEncoding }: RequestHeaders): boolean {
  return (
    transferEncoding !== undefined || (contentLength !== undefined && Number(contentLength) > 0)
  );
}

/** Is so much still to come that the connection is better closed than read to its end? */
export function isTooLongToDiscard({ contentLength, transferEncoding }: RequestHeaders): boolean {
  return transferEncoding !== undefined || Number(contentLength ?? 0) > DISCARD_BYTES_MAX;
}

/**
 * Where there is to be no body: proxies add one in chunks that is empty, and that is none.
 * @throws OperatingError `invalid_request` at its first byte
 */
export async function refuseBody(sender: Sender, message: string): Promise<void> {
  if (sender.headers.transferEncoding === undefined) throw invalid('body', message);
  const { request } = sender;
  await new Promise<void>((resolve, reject) => {
    request.on('data', () => reject(invalid('body', message)));
    request.on('end', () => resolve());
    request.on('error', () => reject(cutOff()));
    request.on('close', () => reject(cutOff()));
    proceed(sender);
  });
  checkTrailers(request);
}

/** Says to who waits for it that the body may come: all else of the request is good. */
function proceed({ request, response, headers }: Sender): void {
  // HTTP/1.0 knows no such waiting.
  if (headers.expect !== undefined && request.httpVersionMinor > 0) response.writeContinue();
}

/** What came behind the body would have no effect. */
function checkTrailers({ rawTrailers }: IncomingMessage): void {
  const [name] = rawTrailers;
  if (name !== undefined) throw invalid(name.toLowerCase(), 'no headers are taken behind a body');
}

/** @throws OperatingError `unsupported_media_type` */
export function checkEncoding(contentEncoding: string | undefined): void {
  if (contentEncoding === undefined || contentEncoding.toLowerCase() === 'identity') return;
  throw unsupported('send the body without a Content-Encoding', contentEncoding);
}

/**
 * Once they are parsed nobody holds the bytes any more, but for what they were parsed to. At once
 * where the whole body came with the head, as small ones do. The room that it takes is given back
 * with the answer.
 * @throws OperatingError `value_too_large`, `overloaded`; `invalid_request` where the body ended
 * before its announced length; what `parse` throws. The listener limits how long it may take.
 */
export function readBody<Parsed>(
  sender: Sender,
  room: BodyRoom,
  parse: (bytes: Buffer) => Parsed,
): Parsed | Promise<Parsed> {
  const { request, headers } = sender;
  const { bytesMax, admission } = room;
  if (!hasBody(headers)) return parse(EMPTY);
  const announced = Number(headers.contentLength ?? 0);
  // Whoever waits to be asked for it has not sent it yet: there is nothing to discard.
  const discarded = headers.expect === undefined ? DISCARD_BYTES_MAX : 0;
  if (announced > bytesMax + discarded) throw tooLarge(room, announced);
  const isHere = request.complete && headers.expect === undefined;
  if (!isHere || request.readableLength >= LARGE_BYTES) return readSlowly(sender, room, parse);
  const bytes = (request.read() as Buffer | null) ?? EMPTY;
  if (bytes.length > bytesMax) throw tooLarge(room, bytes.length);
  admission.hold(bytes.length);
  sender.bodyBytes = bytes.length;
  checkTrailers(request);
  return parse(bytes);
}

/** As it comes in; in a turn of its own where it is large. */
async function readSlowly<Parsed>(
  sender: Sender,
  room: BodyRoom,
  parse: (bytes: Buffer) => Parsed,
): Promise<Parsed> {
  const reading = new Reading(sender, room);
  proceed(sender);
  await reading.done;
  sender.isBodyLate = true;
  const turn = room.turns.next(reading.received);
  if (turn !== undefined) await turn;
  checkTrailers(sender.request);
  return parse(reading.take());
}

class Reading {
  readonly done: Promise<void>;
  readonly #sender: Sender;
  readonly #room: BodyRoom;
  readonly #chunks: Buffer[] = [];
  received = 0;
  #refusal: unknown;
  #settled = false;
  #resolve: () => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(sender: Sender, room: BodyRoom) {
    this.#sender = sender;
    this.#room = room;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { request } = sender;
    request.on('data', (chunk: Buffer) => this.#take(chunk));
    request.on('end', () => this.#end());
    request.on('error', () => this.#cut());
    request.on('close', () => this.#cut());
  }

  #take(chunk: Buffer): void {
    if (this.#settled) return;
    this.received += chunk.length;
    if (this.#refusal === undefined) this.#keep(chunk);
    if (this.received > this.#room.bytesMax + DISCARD_BYTES_MAX) this.#fail(this.#refusal);
  }

  #keep(chunk: Buffer): void {
    if (this.received > this.#room.bytesMax) {
      this.#refuse(tooLarge(this.#room, this.received));
      return;
    }
    try {
      this.#room.admission.hold(chunk.length);
      this.#sender.bodyBytes += chunk.length;
      this.#chunks.push(chunk);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** What was held is let go; the rest of the body is read and forgotten. */
  #refuse(error: unknown): void {
    this.#refusal = error;
    this.#release();
  }

  #end(): void {
    if (this.#settled) return;
    if (this.#refusal !== undefined) {
      this.#fail(this.#refusal);
      return;
    }
    this.#settled = true;
    this.#resolve();
  }

  /** The whole of it, once `done` has resolved; nothing of it is kept here. */
  take(): Buffer {
    const [first = EMPTY] = this.#chunks;
    const bytes = this.#chunks.length <= 1 ? first : Buffer.concat(this.#chunks);
    this.#chunks.length = 0;
    return bytes;
  }

  #release(): void {
    this.#room.admission.release(this.#sender.bodyBytes);
    this.#sender.bodyBytes = 0;
    this.#chunks.length = 0;
  }

  #cut(): void {
    if (this.#settled) return;
    this.#fail(cutOff());
  }

  #fail(error: unknown): void {
    this.#settled = true;
    this.#release();
    this.#reject(error);
  }
}

function cutOff(): OperatingError {
  return new OperatingError('invalid_request', 'the body ended before its announced length');
}

function tooLarge({ bytesMax, valueBytesMax }: BodyRoom, received: number): OperatingError {
  const required = valueBytesMax ?? bytesMax;
  const whose = valueBytesMax === undefined ? 'a body' : 'a value';
  const message = `${whose} has at most ${required} bytes, and this body is larger`;
  return new OperatingError('value_too_large', message, { details: { required, received } });
}
