/**
 * The node's side of a connection of a client: what node:http and the listener of `lib/platform`
 * need of a socket, in memory. The client's side is `ClientSide`: it sends when it wants, and takes
 * what is answered, or leaves it.
 */
import { Duplex } from 'node:stream';
import type { Cancel, Clock } from '../../lib/environment/clock.js';

/** What a client hears. */
export interface ClientSide {
  /** Takes so many of these bytes, from the first on; the rest is offered again. */
  take(bytes: Buffer): number;
  /** The node has ended its side; what it sent before was taken. */
  ended(): void;
  /** There is no connection any more. */
  closed(): void;
}

type Done = (error?: Error | null) => void;

export class SimulatedSocket extends Duplex {
  readonly #clock: Clock;
  readonly #client: ClientSide;
  /** Sent, and not read by the node. */
  readonly #incoming: Buffer[] = [];
  #hasClientEnded = false;
  #isWanted = false;
  #bytesRead = 0;
  /** Answered, and not taken by the client. */
  #offered: { bytes: Buffer; readonly done: Done } | undefined;
  #taken = 0;
  #quietMilliseconds = 0;
  #quietSince = 0;
  #cancelQuiet: Cancel | undefined;

  constructor(clock: Clock, client: ClientSide) {
    super();
    this.#clock = clock;
    this.#client = client;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** As with a real one, what still waits is counted, too. */
  get bytesWritten(): number {
    return this.#taken + this.writableLength;
  }

  /** Called by the client. */
  send(bytes: Buffer): void {
    this.#incoming.push(bytes);
    this.#give();
  }

  /** Called by the client, which goes on taking what is answered. */
  endSending(): void {
    this.#hasClientEnded = true;
    this.#give();
  }

  /** Called by the client: the node can neither read nor write any more. */
  reset(): void {
    this.destroy(Object.assign(new Error('reset by the client'), { code: 'ECONNRESET' }));
  }

  /** Called by the client, which may now take what it has left. */
  offer(): void {
    const offered = this.#offered;
    if (offered === undefined) return;
    const taken = this.#client.take(offered.bytes);
    this.#taken += taken;
    offered.bytes = offered.bytes.subarray(taken);
    if (offered.bytes.length > 0) return;
    this.#offered = undefined;
    offered.done();
  }

  /** As `net.Socket` has it: 'timeout' when nothing came or went for so long; 0: never. */
  setTimeout(milliseconds: number): this {
    this.#quietMilliseconds = milliseconds;
    this.#noteActivity();
    if (milliseconds > 0 && this.#cancelQuiet === undefined) this.#watch(milliseconds);
    return this;
  }

  /** As `net.Socket` has it: behind all that was written. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  override _read(): void {
    this.#isWanted = true;
    this.#give();
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#noteActivity();
    this.#offered = { bytes: chunk, done };
    this.offer();
  }

  override _final(done: Done): void {
    done();
    this.#client.ended();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#cancelQuiet?.();
    this.#incoming.length = 0;
    this.#offered = undefined;
    done(error);
    this.#client.closed();
  }

  /** A timer for each answer would fill the queue of the world: the last one looks again. */
  #watch(milliseconds: number): void {
    this.#cancelQuiet = this.#clock.after(milliseconds, () => {
      this.#cancelQuiet = undefined;
      if (this.#quietMilliseconds === 0) return;
      const passed = this.#clock.monotonicMilliseconds() - this.#quietSince;
      if (passed < this.#quietMilliseconds) this.#watch(this.#quietMilliseconds - passed);
      else this.emit('timeout');
    });
  }

  #noteActivity(): void {
    this.#quietSince = this.#clock.monotonicMilliseconds();
  }

  /** As far as the node reads. */
  #give(): void {
    while (this.#isWanted) {
      const bytes = this.#incoming.shift();
      if (bytes === undefined) break;
      this.#bytesRead += bytes.length;
      this.#noteActivity();
      this.#isWanted = this.push(bytes);
    }
    if (!this.#isWanted || !this.#hasClientEnded) return;
    this.#isWanted = false;
    this.push(null);
  }
}
