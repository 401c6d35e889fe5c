/** The client's side of one connection: it asks, and takes what is answered, or leaves it. */
import type { Clock } from '../../lib/environment/clock.js';
import { AnswerReader, type HttpAnswer } from './http-answers.js';
import { type ClientSide, SimulatedSocket } from './simulated-socket.js';

/** The parser gets what is sent in pieces of so many bytes, as from a network. */
const PIECE_BYTES = 16_384;

export class ClientConnection implements ClientSide {
  readonly socket: SimulatedSocket;
  readonly #reader = new AnswerReader();
  #mayTake = Number.POSITIVE_INFINITY;
  #isOpen = true;
  /** Is the next answer one without a body? */
  headOnly = false;
  /** Called with each whole answer that was taken. */
  onAnswer: (answer: HttpAnswer) => void = () => undefined;
  /** Called when the node has ended its side, or the connection. */
  onEnd: () => void = () => undefined;

  constructor(clock: Clock) {
    this.socket = new SimulatedSocket(clock, this);
  }

  /** False: the node has ended it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Is there some of an answer that is no whole one yet? */
  get isWithinAnswer(): boolean {
    return this.#reader.hasMore;
  }

  send(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      this.socket.send(bytes.subarray(at, at + PIECE_BYTES));
    }
  }

  /** It takes so many bytes more, and then nothing until this is called again. */
  allow(bytes: number): void {
    this.#mayTake = bytes;
    this.socket.offer();
  }

  take(bytes: Buffer): number {
    const taken = Math.min(bytes.length, this.#mayTake);
    this.#mayTake -= taken;
    let answer = this.#reader.take(bytes.subarray(0, taken), this.headOnly);
    while (answer !== undefined) {
      this.onAnswer(answer);
      answer = this.#reader.take(Buffer.alloc(0), this.headOnly);
    }
    return taken;
  }

  ended(): void {
    this.#end();
    this.socket.endSending();
  }

  closed(): void {
    this.#end();
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.onEnd();
  }
}
