/** Where lines of the log go that a thread writes: to a file, or to a terminal. */
import { fstatSync, write } from 'node:fs';
import { type LineOutput, LogOutput, pipeWriter } from './log-output.js';

/** What waits for the disk; beyond it lines are lost. */
const WAITING_BYTES_MAX = 1024 * 1024;
const NEW_LINE = Buffer.from('\n');

/** Resolves to how many bytes were taken. @throws Error of the system */
export type WriteLater = (bytes: Buffer) => Promise<number>;

/**
 * A write to a file waits as long as its disk does not answer, and one to a terminal as long as
 * that is paused: the log often lies on the very disk of the data. So a thread of the pool waits,
 * and the node serves. Lines that cannot be written are lost, and counted.
 */
export class ThreadedOutput implements LineOutput {
  readonly #write: WriteLater;
  readonly #onLost: () => void;
  #waiting: Buffer[] = [];
  /** Of all that waits or is under way. */
  #bytes = 0;
  #isWriting = false;
  /** A part of a line was written: the next begins on a line of its own. */
  #torn = false;

  /** @param onLost is called for each line that is lost */
  constructor(write: WriteLater, onLost: () => void) {
    this.#write = write;
    this.#onLost = onLost;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#bytes + bytes.length > WAITING_BYTES_MAX) {
      this.#onLost();
      return;
    }
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    if (!this.#isWriting) void this.#writeAll();
  }

  /** What waits is given to a thread now: a process that ends waits for its threads. */
  flush(): void {
    if (this.#waiting.length > 0) void this.#writeWaiting();
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) await this.#writeWaiting();
    this.#isWriting = false;
  }

  async #writeWaiting(): Promise<void> {
    const lines = Buffer.concat(this.#waiting);
    this.#waiting = [];
    let left = this.#torn ? Buffer.concat([NEW_LINE, lines]) : lines;
    try {
      while (left.length > 0) {
        const written = await this.#write(left);
        if (written === 0) throw new Error('nothing was written');
        this.#torn = written < left.length;
        left = left.subarray(written);
      }
    } catch {
      // No room, no disk: there is nowhere to say so but in the metrics.
      const lost = left.subarray(Math.max(0, left.length - lines.length));
      for (const byte of lost) if (byte === NEW_LINE[0]) this.#onLost();
    }
    this.#bytes -= lines.length;
  }
}

/** @param onLost is called for each line that is lost */
export function outputTo(descriptor: number, onLost: () => void): LineOutput {
  const kind = fstatSync(descriptor);
  return kind.isFIFO() || kind.isSocket()
    ? new LogOutput(pipeWriter(descriptor), onLost)
    : new ThreadedOutput(threadedWriter(descriptor), onLost);
}

function threadedWriter(descriptor: number): WriteLater {
  return (bytes) =>
    new Promise((resolve, reject) => {
      write(descriptor, bytes, (error, written) => {
        if (error === null) resolve(written);
        else reject(error);
      });
    });
}
