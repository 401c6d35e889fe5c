/** Runs a handshake over a socket that nobody vouches for yet: little time, few bytes. */
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import type { AwaitedVerdicts } from './awaited-verdicts.js';
import type { GuardedEvents } from './guarded-events.js';
import type { Handshake, HandshakeStep, ProvenPeer } from './peer-handshake.js';
import { closingOf, PeerRefusal, type PeerRefusalName } from './peer-refusals.js';

export interface GreetingOptions {
  readonly events: GuardedEvents;
  readonly timeoutMilliseconds: number;
  readonly verdicts: AwaitedVerdicts;
  /** Both sides are proven; the socket has no listener for messages any more. */
  readonly onProven: (link: ProvenPeer) => void;
  /** The socket is closed or closing. `refusal`: undefined where the other side gave none. */
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
  /** Called once, when the handshake ends. */
  readonly #onEnd: (() => void)[];
  readonly #cut: () => void;
  readonly #stopCounting: () => void;
  /** This side looks into something, and the other one waits for it. */
  #isThinking = false;
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
    this.#cut = cut;
    this.#stopCounting = events.on(connection, 'data', cut, () => {
      if (connection.bytesRead <= GREETING_BYTES_MAX) return;
      this.refuse(new PeerRefusal('too_many_bytes'));
      connection.destroy();
    });
    this.#onEnd = [
      this.#stopCounting,
      events.on(socket, 'message', cut, (data: RawData, isBinary: boolean) => {
        this.#receive(data, isBinary);
      }),
      events.on(socket, 'close', cut, (code: number, reason: Buffer) => {
        const closing = closingOf(code, reason);
        if (this.#end()) options.onFailed(closing.reason, closing.refusal);
      }),
      events.after(timeoutMilliseconds, cut, () => {
        this.refuse(new PeerRefusal('no_proof_in_time'));
      }),
    ];
    if (handshake.opening !== undefined) socket.send(handshake.opening);
  }

  /** Says why, and closes. */
  refuse(refusal: PeerRefusal): void {
    if (!this.#end()) return;
    const socket = this.#socket;
    socket.close(CLOSE_REFUSED, refusal.message);
    const cut = (): void => socket.terminate();
    this.#options.events.after(LINGER_MILLISECONDS, cut, cut);
    this.#options.onFailed(refusal.reason, refusal.refusal);
  }

  cancel(): void {
    if (this.#end()) this.#socket.terminate();
  }

  #receive(data: RawData, isBinary: boolean): void {
    try {
      if (isBinary) throw new PeerRefusal('early_frame');
      if (this.#isThinking) throw new PeerRefusal('not_a_handshake');
      const step = this.#handshake.receive(textOf(data));
      if (step instanceof Promise) this.#takeLater(step);
      else this.#take(step);
    } catch (error) {
      this.#fail(error);
    }
  }

  #takeLater(step: Promise<HandshakeStep>): void {
    this.#isThinking = true;
    const settle = (run: () => void): void => {
      this.#options.events.run('handshake', this.#cut, () => {
        this.#isThinking = false;
        run();
      });
    };
    step.then(
      (taken) => settle(() => this.#take(taken)),
      (error: unknown) => settle(() => this.#fail(error)),
    );
  }

  #take({ reply, trusted, refusal, link }: HandshakeStep): void {
    if (this.#ended) return;
    if (reply !== undefined) this.#socket.send(reply);
    if (refusal !== undefined) {
      this.refuse(refusal);
      return;
    }
    // Its frames may follow its last text so closely that they are counted before that is read.
    if (trusted === true || link !== undefined) this.#stopCounting();
    const peer = this.#handshake.claimed;
    if (trusted === true && peer !== undefined) {
      this.#onEnd.push(this.#options.verdicts.begin(peer));
    }
    if (link !== undefined && this.#end()) this.#options.onProven(link);
  }

  #fail(error: unknown): void {
    this.refuse(error instanceof PeerRefusal ? error : new PeerRefusal('failed'));
    if (!(error instanceof PeerRefusal)) throw error;
  }

  /** True the first time. */
  #end(): boolean {
    const first = !this.#ended;
    this.#ended = true;
    for (const run of this.#onEnd.splice(0)) run();
    return first;
  }
}

function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : '';
}
