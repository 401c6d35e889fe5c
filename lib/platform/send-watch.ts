/**
 * Does a client take what is sent to it? Judged by the bytes that the system has taken from its
 * socket, and by nothing that the client sends: that costs it nothing.
 */
import type { Socket } from 'node:net';

/** Who takes less than this while there is more holds memory for longer than it is worth. */
const LEAST_BYTES_PER_SECOND = 16 * 1024;

/** A chunk is one write: how far it got only the handle knows. Node's own timeouts ask it, too. */
interface Handle {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

export class SendWatch {
  readonly #socket: Socket;
  /** Since when there was always something to take; undefined: it took all. */
  #since: number | undefined;
  #takenThen = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /**
   * Call it several times in each span. True: in a whole span, in which there always was something
   * to take, too little of it was taken.
   */
  isTooSlow(now: number, spanMilliseconds: number): boolean {
    if (this.#socket.writableLength === 0) {
      this.#since = undefined;
      return false;
    }
    const taken = takenBytes(this.#socket);
    if (this.#since === undefined) {
      this.#begin(now, taken);
      return false;
    }
    const passed = now - this.#since;
    if (passed < spanMilliseconds) return false;
    const least = (passed / 1000) * LEAST_BYTES_PER_SECOND;
    const isTooSlow = taken - this.#takenThen < least;
    this.#begin(now, taken);
    return isTooSlow;
  }

  #begin(now: number, taken: number): void {
    this.#since = now;
    this.#takenThen = taken;
  }
}

/** What the system has taken so far. */
function takenBytes(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { readonly _handle?: Handle | null };
  if (handle == null) return socket.bytesWritten - socket.writableLength;
  return handle.bytesWritten - handle.writeQueueSize;
}
