/** Bytes of fixed layout, little-endian: numbers of known width, texts and bytes behind lengths. */
import { OperatingError } from '../errors.js';
import { safeToKeep } from './frame.js';
import { LARGE_BYTES } from './large.js';

const BYTES_AT_FIRST = 1024;
/** A longer buffer is given back once nothing is in it. */
const KEPT_BYTES_MAX = 4 * LARGE_BYTES;
/** Longer texts are encoded by the system: it is faster from about here on. */
const SHORT_TEXT_LENGTH = 64;
const ASCII_MAX = 0x7f;
const SMALL_MAX = 0x3fff_ffff;
/** No character of UTF-16 takes more bytes of UTF-8. */
const UTF8_BYTES_MAX = 3;

/** Grows as it is written, and is written again after `cutTo(0)`. Ranges are the caller's care. */
export class LayoutWriter {
  #buffer = Buffer.allocUnsafe(BYTES_AT_FIRST);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.#take(1);
    this.#buffer[at] = value;
  }

  u16(value: number): void {
    const at = this.#take(2);
    this.#buffer.writeUInt16LE(value, at);
  }

  u32(value: number): void {
    const at = this.#take(4);
    this.#buffer.writeUInt32LE(value, at);
  }

  /** A whole number of up to 53 bits. */
  u53(value: number): void {
    const at = this.#take(8);
    this.#buffer.writeDoubleLE(value, at);
  }

  /** Any number; the reader refuses what is not finite. */
  float(value: number): void {
    const at = this.#take(8);
    this.#buffer.writeDoubleLE(value, at);
  }

  /** Up to 65,535 bytes of UTF-8. */
  text(text: string): void {
    const most = UTF8_BYTES_MAX * text.length;
    const at = this.#take(2 + most);
    const bytes = this.#write(text, at + 2);
    this.#buffer.writeUInt16LE(bytes, at);
    this.#length = at + 2 + bytes;
  }

  /** A text of characters of one byte, of any length. */
  latin1(text: string): void {
    this.u32(text.length);
    const at = this.#take(text.length);
    this.#buffer.write(text, at, 'latin1');
  }

  bytes(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** Without their length. */
  raw(bytes: Uint8Array): void {
    const at = this.#take(bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** Forgets what was written from there on. */
  cutTo(length: number): void {
    this.#length = length;
    if (length > 0 || this.#buffer.length <= KEPT_BYTES_MAX) return;
    this.#buffer = Buffer.allocUnsafe(BYTES_AT_FIRST);
  }

  /** What was written from there on, until it is written to again. */
  viewFrom(start: number): Uint8Array {
    return this.#buffer.subarray(start, this.#length);
  }

  #write(text: string, at: number): number {
    if (text.length > SHORT_TEXT_LENGTH) return this.#buffer.write(text, at);
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit > ASCII_MAX) return this.#buffer.write(text, at);
      this.#buffer[at + i] = unit;
    }
    return text.length;
  }

  #take(bytes: number): number {
    const at = this.#length;
    const end = at + bytes;
    if (end > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    this.#length = end;
    return at;
  }
}

/** Reads from its start; whatever does not lie within the bytes is corrupt. */
export class LayoutReader {
  readonly #buffer: Buffer;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#position === this.#buffer.length;
  }

  /** @param max the largest that is valid */
  u8(max = 0xff): number {
    const value = this.#buffer.readUInt8(this.#take(1));
    if (value > max) throw corruptLayout();
    return value;
  }

  u16(): number {
    return this.#buffer.readUInt16LE(this.#take(2));
  }

  u32(): number {
    return this.#buffer.readUInt32LE(this.#take(4));
  }

  u53(): number {
    const value = this.#buffer.readDoubleLE(this.#take(8));
    if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) throw corruptLayout();
    // V8 keeps small ones without a box, but not those that come out of a double.
    return value <= SMALL_MAX ? value | 0 : value;
  }

  float(): number {
    const value = this.#buffer.readDoubleLE(this.#take(8));
    if (!Number.isFinite(value)) throw corruptLayout();
    return value;
  }

  text(): string {
    const length = this.u16();
    const at = this.#take(length);
    return this.#buffer.toString('utf8', at, at + length);
  }

  latin1(): string {
    const length = this.u32();
    const at = this.#take(length);
    return this.#buffer.toString('latin1', at, at + length);
  }

  /** A part of what is read, not a copy. */
  bytes(length = this.u32()): Uint8Array {
    const at = this.#take(length);
    return this.#buffer.subarray(at, at + length);
  }

  /** The same to be kept for long: a copy, where the rest would be kept with it. */
  bytesToKeep(): Uint8Array {
    return safeToKeep(this.bytes(), this.#buffer);
  }

  #take(bytes: number): number {
    const at = this.#position;
    if (bytes > this.#buffer.length - at) throw corruptLayout();
    this.#position = at + bytes;
    return at;
  }
}

export function corruptLayout(): OperatingError {
  return new OperatingError('corrupt_bytes', 'a message of fixed layout is malformed');
}
