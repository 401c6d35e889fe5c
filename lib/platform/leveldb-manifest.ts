/**
 * What LevelDB has written down of its own files, read without the engine: its MANIFEST is a log of
 * changes (LevelDB's log format, db/version_edit.cc). Checksums are left to the engine.
 */

export interface Manifest {
  /** Log files from this number on are needed; this one is there from the first. */
  readonly logNumber: number;
  /** Each table that is needed, by its number. */
  readonly tables: ReadonlyMap<number, TableFacts>;
}

export interface TableFacts {
  readonly bytes: number;
  /** As the engine stores it: the key, then a number that no other change has. */
  readonly firstKey: Uint8Array;
}

const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
const TYPE_FULL = 1;
const TYPE_FIRST = 2;
const TYPE_LAST = 4;

/** @throws Error where it is no manifest. A record that is torn at the end counts as not there. */
export function readManifest(bytes: Uint8Array): Manifest {
  let logNumber: number | undefined;
  const tables = new Map<number, TableFacts>();
  for (const record of readLog(bytes).records) {
    const edit = new Edit(record);
    while (!edit.isAtEnd) {
      const change = edit.next();
      if (change.logNumber !== undefined) logNumber = change.logNumber;
      if (change.removed !== undefined) tables.delete(change.removed);
      if (change.added !== undefined) tables.set(...change.added);
    }
  }
  if (logNumber === undefined) throw new Error('it names no log file');
  return { logNumber, tables };
}

interface Log {
  readonly records: readonly Uint8Array[];
  /** Does it end with a whole record? One that is written now, or was at a crash, may not. */
  readonly isWhole: boolean;
}

/** @throws Error where it is no log of records */
export function readLog(bytes: Uint8Array): Log {
  const records: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES);
    const length = (bytes[at + 4] ?? 0) + 256 * (bytes[at + 5] ?? 0);
    const type = bytes[at + 6] ?? 0;
    const end = at + HEADER_BYTES + length;
    if (left < HEADER_BYTES || type === 0) {
      at += left;
      continue;
    }
    if (end > bytes.length) break;
    if (type > TYPE_LAST || HEADER_BYTES + length > left)
      throw new Error('it is no log of records');
    if (type === TYPE_FULL || type === TYPE_FIRST) parts = [];
    parts.push(bytes.subarray(at + HEADER_BYTES, end));
    if (type === TYPE_FULL || type === TYPE_LAST) {
      records.push(Buffer.concat(parts));
      parts = [];
    }
    at = end;
  }
  return { records, isWhole: at >= bytes.length && parts.length === 0 && records.length > 0 };
}

interface Change {
  readonly logNumber?: number;
  readonly removed?: number;
  readonly added?: [number: number, facts: TableFacts];
}

/** One record: fields, each behind its tag. */
class Edit {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  next(): Change {
    const tag = this.#number();
    if (tag === 2) return { logNumber: this.#number() };
    if (tag === 1) this.#skip();
    else if (tag === 3 || tag === 4 || tag === 9) this.#number();
    else if (tag === 5) this.#levelThenSkip();
    else if (tag === 6) return { removed: this.#numberBehindLevel() };
    else if (tag === 7) return { added: this.#table() };
    else throw new Error(`it has a field of an unknown kind, ${tag}`);
    return {};
  }

  #table(): [number, TableFacts] {
    const number = this.#numberBehindLevel();
    const bytes = this.#number();
    const firstKey = this.#text();
    this.#skip();
    return [number, { bytes, firstKey }];
  }

  #numberBehindLevel(): number {
    this.#number();
    return this.#number();
  }

  #levelThenSkip(): void {
    this.#number();
    this.#skip();
  }

  #skip(): void {
    this.#text();
  }

  /** Behind its length. */
  #text(): Uint8Array {
    const length = this.#number();
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new Error('a field is cut off');
    return this.#bytes.subarray(from, this.#at);
  }

  /** Seven bits a byte, the lowest first. */
  #number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new Error('a number is cut off');
      this.#at += 1;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }
}
