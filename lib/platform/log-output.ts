/** Where lines of the log go that a reader takes: through a pipe, or a socket. */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** What waits for a reader; beyond it lines are lost. */
const WAITING_BYTES_MAX = 1024 * 1024;
const RETRY_MILLISECONDS = 50;
const NEW_LINE = Buffer.from('\n');

/** Where lines go. Nothing waits for it, and nothing throws. */
export interface LineOutput {
  write(line: string): void;
  /** What waits is tried once more; before the process ends. */
  flush(): void;
}

/** Undefined: the system takes nothing now, and may later. @throws Error of the system */
export type WriteNow = (bytes: Buffer) => number | undefined;

/**
 * Invariant: nothing here waits, and nothing throws: a node serves and stops, whatever becomes of
 * its log. A line is written at once, whole or not at all where the system allows it; one that
 * cannot be written is lost, and counted.
 */
export class LogOutput implements LineOutput {
  readonly #writeNow: WriteNow;
  readonly #onLost: () => void;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #retry: NodeJS.Timeout | undefined;
  /** A part of a line was written: the next begins on a line of its own. */
  #torn = false;

  /** @param onLost is called for each line that is lost */
  constructor(writeNow: WriteNow, onLost: () => void) {
    this.#writeNow = writeNow;
    this.#onLost = onLost;
  }

  write(line: string): void {
    this.#put(Buffer.from(line));
  }

  flush(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const bytes of waiting) this.#put(bytes);
  }

  /** A line, or what is left of one: it may begin within a character. */
  #put(bytes: Buffer): void {
    if (this.#waiting.length === 0) this.#attempt(bytes);
    else this.#wait(bytes);
  }

  #attempt(line: Buffer): void {
    let left = this.#torn ? Buffer.concat([NEW_LINE, line]) : line;
    try {
      while (left.length > 0) {
        const written = this.#writeNow(left);
        if (written === undefined) {
          this.#torn = false;
          this.#wait(left);
          return;
        }
        this.#torn = written < left.length;
        left = left.subarray(written);
      }
    } catch {
      // No room, no disk, no reader: there is nowhere to say so but in the metrics.
      this.#onLost();
    }
  }

  #wait(bytes: Buffer): void {
    if (this.#waitingBytes + bytes.length > WAITING_BYTES_MAX) {
      this.#onLost();
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#retry ??= setTimeout(() => this.flush(), RETRY_MILLISECONDS).unref();
  }
}

/**
 * Writes to a pipe or a socket of this process. It is set to refuse what its reader has no room
 * for: else one that stops reading stops the process.
 */
export function pipeWriter(descriptor: number): WriteNow {
  // Never written to, and never closed: to open it is what takes away the waiting.
  const socket = new Socket({ fd: descriptor, readable: false, writable: true });
  socket.on('error', () => undefined);
  socket.unref();
  return (bytes) => {
    try {
      return writeSync(descriptor, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
      throw error;
    }
  };
}
