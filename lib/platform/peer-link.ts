/** One proven link to a peer: a frame for two turns, a queue with a limit in bytes. */
import type { RawData, WebSocket } from 'ws';
import { decodeFrame, encodeFrame, messageBytesMax } from '../encoding/frame.js';
import { encodeFrameParts } from '../encoding/frame-parts.js';
import { hasRoomFor, LARGE_BYTES, MESSAGE_FRAMES_MAX } from '../encoding/large.js';
import type { LinkFacts, Message } from '../environment/transport.js';
import { messageOf, OperatingError } from '../errors.js';
import type { GuardedEvents } from './guarded-events.js';

export interface PeerLinkOptions {
  /** Who is at the other end, and which version of messages both speak. */
  readonly facts: LinkFacts;
  /** Longest frame of many messages; one alone may be longer (`hasRoomFor`). */
  readonly frameBytesMax: number;
  /** Most bytes waiting here and in the socket. */
  readonly queueBytesMax: number;
  /** Runs it together with other writes of this turn, soon. */
  readonly together: (run: () => void) => void;
  readonly events: GuardedEvents;
  /** A throw closes the link. */
  readonly onMessage: (message: Message) => void;
  /** Once. The link was closed from here, by the peer, or by a bad frame. */
  readonly onClosed: (reason: string) => void;
}

/** A turn with more to say sends several frames: a large one blocks the peer while it decodes. */
const FRAME_BYTES_AIM = 1_048_576;
/** An array's first byte and its length. */
const FRAME_HEAD_BYTES = 5;
const BINARY = { binary: true, compress: false } as const;

export class PeerLink {
  readonly #socket: WebSocket;
  readonly #options: PeerLinkOptions;
  /** The messages of this turn, and the most bytes that they may take. */
  #turn: Message[] = [];
  #turnBytes = FRAME_HEAD_BYTES;
  /** Called when the turn ends. */
  #fills: (() => void)[] = [];
  #isPlanned = false;
  #closed = false;

  constructor(socket: WebSocket, options: PeerLinkOptions) {
    this.#socket = socket;
    this.#options = options;
    const cut = (): void => {
      socket.terminate();
    };
    options.events.on(socket, 'message', cut, (data: RawData, isBinary: boolean) => {
      this.#receive(data, isBinary);
    });
    options.events.on(socket, 'close', cut, (code: number) => {
      this.#end(`closed with ${String(code)}`);
    });
  }

  /** Waiting here and in the socket. */
  get queuedBytes(): number {
    const turnBytes = this.#turn.length === 0 ? 0 : this.#turnBytes;
    return turnBytes + this.#socket.bufferedAmount;
  }

  get facts(): LinkFacts {
    return this.#options.facts;
  }

  /** Is the message of a size that any link takes? */
  fits(message: Message): boolean {
    const bytes = messageBytesMax(message) + FRAME_HEAD_BYTES;
    return bytes <= this.#options.frameBytesMax * MESSAGE_FRAMES_MAX;
  }

  /** False: the queue is full, the message too large, or the link closed. */
  send(message: Message): boolean {
    const bytes = messageBytesMax(message);
    const waiting = this.queuedBytes;
    if (this.#closed || !hasRoomFor(bytes + FRAME_HEAD_BYTES, waiting, this.#options)) return false;
    const aim = Math.min(FRAME_BYTES_AIM, this.#options.frameBytesMax);
    if (bytes >= LARGE_BYTES || this.#turnBytes + bytes > aim) this.#flush();
    this.#turn.push(message);
    this.#turnBytes += bytes;
    // A large message has a frame of its own, and its byte strings are sent as they lie.
    if (bytes >= LARGE_BYTES) this.#flush();
    else this.#planLeaving();
    return true;
  }

  /** See `Transport`. */
  beforeLeaving(fill: () => void): boolean {
    if (this.#closed) return false;
    this.#fills.push(fill);
    this.#planLeaving();
    return true;
  }

  /** At once; what the socket still holds is lost. */
  close(reason: string): void {
    this.#end(reason);
    this.#socket.terminate();
  }

  /** Sends what waits, says goodbye, and resolves when the peer has closed too. */
  async finish(): Promise<void> {
    this.#leave();
    this.#end('this node stops');
    await new Promise<void>((resolve) => {
      if (this.#socket.readyState === this.#socket.CLOSED) resolve();
      this.#options.events.on(this.#socket, 'close', resolve, resolve);
      this.#socket.close(1_001);
    });
  }

  #planLeaving(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#options.together(() => this.#leave());
  }

  /** The turn ends. */
  #leave(): void {
    this.#isPlanned = false;
    const fills = this.#fills;
    this.#fills = [];
    for (const fill of fills) fill();
    this.#flush();
  }

  #flush(): void {
    if (this.#closed || this.#turn.length === 0) return;
    const turn = this.#turn;
    const large = turn.length === 1 && this.#turnBytes >= FRAME_HEAD_BYTES + LARGE_BYTES;
    this.#turn = [];
    this.#turnBytes = FRAME_HEAD_BYTES;
    if (large) this.#sendParts(encodeFrameParts(turn));
    else this.#socket.send(encodeFrame(turn), BINARY);
  }

  /** As fragments of one WebSocket message: the peer sees no difference. */
  #sendParts(parts: readonly Uint8Array[]): void {
    for (const [i, part] of parts.entries()) {
      this.#socket.send(part, { ...BINARY, fin: i === parts.length - 1 });
    }
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#closed) return;
    try {
      if (!isBinary || !(data instanceof Uint8Array)) {
        throw new OperatingError('corrupt_bytes', 'a text where frames are expected');
      }
      for (const message of decodeFrame(data)) {
        if (this.#closed) return;
        this.#options.onMessage(message);
      }
    } catch (error) {
      this.close(`bad frame: ${messageOf(error)}`);
    }
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#turn = [];
    this.#fills = [];
    this.#options.onClosed(reason);
  }
}
