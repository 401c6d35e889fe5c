/** A log in front of LevelDB, as a sketch to measure: decisions/0008 says why it stayed one. */
import { mkdir, open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Storage, StorageOperation } from '../../lib/environment/storage.js';

/** Length, checksum and sequence number of a batch. */
const HEADER_BYTES = 16;
/** Kind and two lengths. */
const OPERATION_BYTES = 9;
const UTF8_BYTES_MAX = 3;
const FEED_OPERATIONS = 500;
const FEED_BYTES = 262_144;
const FILES = 2;
const NOT_SYNCED = { sync: false };
const SYNCED = { sync: true };

type Overlay = Map<string, Uint8Array | undefined>;

interface Frame {
  readonly bytes: Buffer;
  /** What each operation puts: views into the bytes. */
  readonly values: readonly (Uint8Array | undefined)[];
}

/**
 * Two files of fixed size in turn. One takes the batches, each synced; what the other holds goes to
 * LevelDB meanwhile, each key once. It has no answer to failed writes or damage, and leaves the
 * overlay out of ranges: the figures are a bound from below for what an engine would cost.
 */
export class LogSketch implements Storage {
  readonly #inner: Storage;
  readonly #files: readonly FileHandle[];
  readonly #fileBytes: number;
  #current = 0;
  #offset = 0;
  #sequence: number;
  #overlay: Overlay = new Map();
  #fed: Overlay | undefined;
  #feeding: Promise<void> = Promise.resolve();

  private constructor(inner: Storage, files: readonly FileHandle[], bytes: number, last: number) {
    this.#inner = inner;
    this.#files = files;
    this.#fileBytes = bytes;
    this.#sequence = last;
  }

  /** Brings LevelDB up to what the log holds. */
  static async open(inner: Storage, directory: string, fileBytes: number): Promise<LogSketch> {
    await mkdir(directory, { recursive: true });
    const paths = Array.from({ length: FILES }, (_, file) => join(directory, String(file)));
    const frames = (await Promise.all(paths.map((path) => framesOf(path)))).flat();
    frames.sort((a, b) => a.sequence - b.sequence);
    const overlay: Overlay = new Map();
    for (const { bytes } of frames) readOperations(bytes, overlay);
    await feed(inner, overlay);
    const files = await Promise.all(paths.map((path) => allocate(path, fileBytes)));
    return new LogSketch(inner, files, fileBytes, frames.at(-1)?.sequence ?? 0);
  }

  get(key: string): Uint8Array | undefined {
    for (const overlay of [this.#overlay, this.#fed]) {
      if (overlay?.has(key) === true) return overlay.get(key)?.slice();
    }
    return this.#inner.get(key);
  }

  range(range: Parameters<Storage['range']>[0]): ReturnType<Storage['range']> {
    return this.#inner.range(range);
  }

  /** One at a time, as the store gives them; all are synced. */
  async write(batch: readonly StorageOperation[]): Promise<void> {
    this.#sequence += 1;
    const { bytes, values } = frameOf(batch, this.#sequence);
    if (this.#offset + bytes.length > this.#fileBytes) await this.#turn();
    const file = this.#files[this.#current];
    await file?.write(bytes, 0, bytes.length, this.#offset);
    await file?.datasync();
    this.#offset += bytes.length;
    for (const [index, { key }] of batch.entries()) this.#overlay.set(key, values[index]);
  }

  compact(): Promise<void> {
    return this.#inner.compact();
  }

  usedBytes(): Promise<number | undefined> {
    return this.#inner.usedBytes();
  }

  freeBytes(): Promise<number | undefined> {
    return this.#inner.freeBytes();
  }

  async close(): Promise<void> {
    await this.#turn();
    await this.#feeding;
    for (const file of this.#files) await file.close();
    await this.#inner.close();
  }

  /** Waits where LevelDB is a whole file behind: so memory and files are bounded. */
  async #turn(): Promise<void> {
    await this.#feeding;
    const overlay = this.#overlay;
    this.#fed = overlay;
    this.#overlay = new Map();
    this.#current = (this.#current + 1) % FILES;
    this.#offset = 0;
    this.#feeding = feed(this.#inner, overlay).then(() => {
      this.#fed = undefined;
    });
  }
}

/** In batches that are not synced, and one at the end that is. */
async function feed(inner: Storage, overlay: Overlay): Promise<void> {
  let batch: StorageOperation[] = [];
  let bytes = 0;
  for (const [key, value] of overlay) {
    batch.push(value === undefined ? { type: 'delete', key } : { type: 'put', key, value });
    bytes += key.length + (value?.length ?? 0);
    if (batch.length < FEED_OPERATIONS && bytes < FEED_BYTES) continue;
    await inner.write(batch, NOT_SYNCED);
    batch = [];
    bytes = 0;
  }
  await inner.write(batch, SYNCED);
}

/** Its blocks are there before they are written, so that a sync changes no metadata. */
async function allocate(path: string, bytes: number): Promise<FileHandle> {
  const file = await open(path, 'w+');
  await file.write(Buffer.alloc(bytes), 0, bytes, 0);
  await file.sync();
  return file;
}

function frameOf(batch: readonly StorageOperation[], sequence: number): Frame {
  let size = HEADER_BYTES;
  for (const operation of batch) {
    size += OPERATION_BYTES + UTF8_BYTES_MAX * operation.key.length;
    if (operation.type === 'put') size += operation.value.length;
  }
  const bytes = Buffer.allocUnsafeSlow(size);
  const values: (Uint8Array | undefined)[] = [];
  let at = HEADER_BYTES;
  for (const operation of batch) {
    const value = operation.type === 'put' ? operation.value : undefined;
    const keyBytes = bytes.write(operation.key, at + OPERATION_BYTES, 'utf8');
    bytes[at] = value === undefined ? 0 : 1;
    bytes.writeUInt32LE(keyBytes, at + 1);
    bytes.writeUInt32LE(value?.length ?? 0, at + 5);
    at += OPERATION_BYTES + keyBytes;
    if (value !== undefined) bytes.set(value, at);
    values.push(value === undefined ? undefined : bytes.subarray(at, at + value.length));
    at += value?.length ?? 0;
  }
  const frame = bytes.subarray(0, at);
  frame.writeUInt32LE(at, 0);
  frame.writeDoubleLE(sequence, 8);
  frame.writeUInt32LE(crc32(frame.subarray(8)), 4);
  return { bytes: frame, values };
}

/** Up to the first that is torn, or was left by an earlier turn of the file. */
async function framesOf(path: string): Promise<{ sequence: number; bytes: Buffer }[]> {
  const file = await readFile(path).catch(() => Buffer.alloc(0));
  const frames: { sequence: number; bytes: Buffer }[] = [];
  for (let at = 0; at + HEADER_BYTES <= file.length; ) {
    const bytes = file.subarray(at, at + file.readUInt32LE(at));
    if (bytes.length < HEADER_BYTES || crc32(bytes.subarray(8)) !== bytes.readUInt32LE(4)) break;
    const sequence = bytes.readDoubleLE(8);
    const before = frames.at(-1)?.sequence;
    if (before !== undefined && sequence !== before + 1) break;
    frames.push({ sequence, bytes });
    at += bytes.length;
  }
  return frames;
}

function readOperations(bytes: Buffer, overlay: Overlay): void {
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const valueAt = at + OPERATION_BYTES + bytes.readUInt32LE(at + 1);
    const end = valueAt + bytes.readUInt32LE(at + 5);
    const key = bytes.toString('utf8', at + OPERATION_BYTES, valueAt);
    overlay.set(key, bytes[at] === 0 ? undefined : bytes.subarray(valueAt, end));
    at = end;
  }
}
