/**
 * What the files of LevelDB hold, as far as it shows whether each lies in its place: the first key
 * of a table, the numbers of the changes in a log (LevelDB's table format, db/write_batch.cc).
 */

/** Before the first key of a table: three numbers of up to five bytes. */
const ENTRY_HEAD_BYTES = 15;
/** Of a record in a log: the number of its first change, and how many changes it has. */
const BATCH_HEAD_BYTES = 12;

/** So many bytes from the beginning of a table are enough for a first key of that length. */
export function tableHeadBytes(keyBytes: number): number {
  return 2 * (ENTRY_HEAD_BYTES + keyBytes);
}

/** @returns undefined where these bytes do not show it */
export function firstKeyOf(tableHead: Uint8Array, keyBytes: number): Uint8Array | undefined {
  // A block begins with a zero: its first key shares nothing with one before. One that is
  // compressed begins with its length.
  const block =
    tableHead[0] === 0 ? tableHead : uncompressed(tableHead, ENTRY_HEAD_BYTES + keyBytes);
  const reader = new Reader(block);
  const shared = reader.number();
  const length = reader.number();
  if (shared !== 0 || length === undefined || reader.number() === undefined) return undefined;
  return reader.bytes(length);
}

export interface ChangeNumbers {
  readonly first: number;
  readonly last: number;
  /** Are those of each record higher than those of all records before it? */
  readonly areAscending: boolean;
}

/** Of all records of a log; undefined where it has none. */
export function changeNumbersOf(records: readonly Uint8Array[]): ChangeNumbers | undefined {
  let numbers: ChangeNumbers | undefined;
  for (const record of records) {
    if (record.length < BATCH_HEAD_BYTES) continue;
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    const first = Number(view.getBigUint64(0, true));
    const last = first + view.getUint32(8, true) - 1;
    numbers =
      numbers === undefined
        ? { first, last, areAscending: true }
        : { ...numbers, last, areAscending: numbers.areAscending && first > numbers.last };
  }
  return numbers;
}

/** The beginning of what was compressed with Snappy (format_description.txt). */
function uncompressed(bytes: Uint8Array, length: number): Uint8Array {
  const reader = new Reader(bytes);
  reader.number();
  const found: number[] = [];
  while (found.length < length) {
    const tag = reader.byte();
    if (tag === undefined) break;
    const isRead =
      (tag & 3) === 0 ? takeLiteral(reader, tag >> 2, found) : copy(reader, tag, found);
    if (!isRead) break;
  }
  return Uint8Array.from(found);
}

function takeLiteral(reader: Reader, kind: number, found: number[]): boolean {
  const length = kind < 60 ? kind : reader.little(kind - 59);
  for (let i = 0; length !== undefined && i <= length; i += 1) {
    const byte = reader.byte();
    if (byte === undefined) return false;
    found.push(byte);
  }
  return length !== undefined;
}

function copy(reader: Reader, tag: number, found: number[]): boolean {
  const isShort = (tag & 3) === 1;
  const length = isShort ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
  const low = reader.little(isShort ? 1 : (tag & 3) === 2 ? 2 : 4);
  if (low === undefined) return false;
  const distance = isShort ? low + 256 * (tag >> 5) : low;
  for (let i = 0; i < length; i += 1) {
    const byte = found[found.length - distance];
    if (byte === undefined) return false;
    found.push(byte);
  }
  return true;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number | undefined {
    const byte = this.#bytes[this.#at];
    this.#at += 1;
    return byte;
  }

  bytes(length: number): Uint8Array | undefined {
    const end = this.#at + length;
    return end > this.#bytes.length ? undefined : this.#bytes.subarray(this.#at, end);
  }

  /** The lowest byte first. */
  little(bytes: number): number | undefined {
    let value = 0;
    for (let i = 0; i < bytes; i += 1) {
      const byte = this.byte();
      if (byte === undefined) return undefined;
      value += byte * 256 ** i;
    }
    return value;
  }

  /** Seven bits a byte, the lowest first. */
  number(): number | undefined {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      if (byte === undefined) return undefined;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }
}
