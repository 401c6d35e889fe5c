/** Runs a handshake over a socket that nobody vouches for yet: little time, few bytes. */
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import type { NodeId } from '../environment/transport.js';
import type { GuardedEvents } from './guarded-events.js';
import type { Handshake } from './peer-handshake.js';
import { closingOf, PEER_REFUSALS, PeerRefusal, type PeerRefusalName } from './peer-refusals.js';

export interface GreetingOptions {
  readonly events: GuardedEvents;
  readonly timeoutMilliseconds: number;
  /** Both sides are proven; the socket has no listener for messages any more. */
  readonly onProven: (peer: NodeId) => void;
  /** The socket is closed or closing. `refusal`: undefined where the other side closed. */
  readonly onFailed: (reason: string, refusal: PeerRefusalName | undefined) => void;
}

/** Request, headers and the texts of a handshake are well below. */
const GREETING_BYTES_MAX = 16_384;
const CLOSE_REFUSED = 4_401;
/** For the reason to arrive, before the connection is cut. */
const LINGER_MILLISECONDS = 1_000;

/** Calls one of `onProven` and `onFailed`, once; neither after it was cancelled. */
export class PeerGreeting {
  readonly #socket: WebSocket;
  readonly #handshake: Handshake;
  readonly #options: GreetingOptions;
  readonly #listening: (() => void)[];
  #ended = false;

  constructor(
    socket: WebSocket,
    connection: Socket,
    handshake: Handshake,
    options: GreetingOptions,
  ) {
    this.#socket = socket;
    this.#handshake = handshake;
    this.#options = options;
    const { events, timeoutMilliseconds } = options;
    const cut = (): void => {
      connection.destroy();
    };
    // The close that follows an error says the rest. Never cancelled.
    events.on(socket, 'error', cut, () => undefined);
    const stopCounting = events.on(connection, 'data', cut, () => {
      if (connection.bytesRead <= GREETING_BYTES_MAX) return;
      this.refuse('too_many_bytes');
      connection.destroy();
    });
    this.#listening = [
      stopCounting,
      events.on(socket, 'message', cut, (data: RawData, isBinary: boolean) => {
        this.#receive(data, isBinary, stopCounting);
      }),
      events.on(socket, 'close', cut, (code: number, reason: Buffer) => {
        if (this.#end()) options.onFailed(closingOf(code, reason), undefined);
      }),
      events.after(timeoutMilliseconds, cut, () => this.refuse('no_proof_in_time')),
    ];
    if (handshake.opening !== undefined) socket.send(handshake.opening);
  }

  /** Says why, and closes. */
  refuse(refusal: PeerRefusalName): void {
    if (!this.#end()) return;
    const socket = this.#socket;
    socket.close(CLOSE_REFUSED, PEER_REFUSALS[refusal]);
    const cut = (): void => socket.terminate();
    this.#options.events.after(LINGER_MILLISECONDS, cut, cut);
    this.#options.onFailed(PEER_REFUSALS[refusal], refusal);
  }

  cancel(): void {
    if (this.#end()) this.#socket.terminate();
  }

  #receive(data: RawData, isBinary: boolean, stopCounting: () => void): void {
    try {
      if (isBinary) throw new PeerRefusal('early_frame');
      const step = this.#handshake.receive(textOf(data));
      if (step.reply !== undefined) this.#socket.send(step.reply);
      // Its frames may follow its welcome so closely that they are counted before that is read.
      if (step.trusted === true || step.peer !== undefined) stopCounting();
      if (step.peer !== undefined && this.#end()) this.#options.onProven(step.peer);
    } catch (error) {
      this.refuse(error instanceof PeerRefusal ? error.refusal : 'failed');
      if (!(error instanceof PeerRefusal)) throw error;
    }
  }

  /** True the first time. */
  #end(): boolean {
    const first = !this.#ended;
    this.#ended = true;
    for (const stop of this.#listening.splice(0)) stop();
    return first;
  }
}

function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : '';
}
