/** Records among the items of a message of fixed layout, or beside them (hot-messages.ts). */
import { safeToKeep } from '../encoding/frame.js';
import { corruptLayout, type LayoutReader } from '../encoding/layout.js';
import type { HotMessage } from './hot-messages.js';

/** In the place of a length: the record lies beside the items. */
export const BESIDE = 0xffff_ffff;

/** The records of a message; the one that lies beside is the record of exactly one item. */
export class RecordsOfMessage {
  readonly #items: Uint8Array;
  #beside: Uint8Array | undefined;

  constructor(message: HotMessage) {
    this.#items = message[1];
    this.#beside = message[2];
  }

  read(reader: LayoutReader): Uint8Array {
    const length = reader.u32();
    if (length !== BESIDE) return safeToKeep(reader.bytes(length), this.#items);
    const record = this.#beside;
    if (record === undefined) throw corruptLayout();
    this.#beside = undefined;
    return record;
  }

  end(): void {
    if (this.#beside !== undefined) throw corruptLayout();
  }
}
