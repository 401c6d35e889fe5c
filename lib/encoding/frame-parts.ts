/** A frame with large byte strings, in parts that lie where they are; see frame.ts. */
import { encodeFrame } from './frame.js';
import { LARGE_BYTES } from './large.js';

/** Stands for a byte string until its place is known; any bytes that hardly occur elsewhere. */
const MARK = Uint8Array.from([0x51, 0xb3, 0x0e, 0xd7, 0x94, 0x6a, 0xf8, 0x2d]);
/** In MessagePack: a byte string of 8-bit length, and one of 32-bit length. */
const BYTES_8 = 0xc4;
const BYTES_32 = 0xc6;
const ENCODED_MARK = Buffer.from([BYTES_8, MARK.length, ...MARK]);

/** Together the parts are what `encodeFrame` gives; large byte strings are not copied. */
export function encodeFrameParts(messages: readonly unknown[]): Uint8Array[] {
  const large: Uint8Array[] = [];
  const marked = encodeFrame(withMarks(messages, large) as unknown[]);
  const between = splitAtMarks(Buffer.from(marked.buffer, marked.byteOffset, marked.byteLength));
  // Somebody's own bytes look like a mark.
  if (between.length !== large.length + 1) return [encodeFrame(messages)];
  return between.flatMap((bytes, i) => {
    const next = large[i];
    return next === undefined ? [bytes] : [Buffer.concat([bytes, headOf(next)]), next];
  });
}

/** The same value, with large byte strings moved to `large`, and a mark in the place of each. */
function withMarks(value: unknown, large: Uint8Array[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) {
    if (value.length < LARGE_BYTES) return value;
    large.push(value);
    return MARK;
  }
  if (Array.isArray(value)) return value.map((element) => withMarks(element, large));
  const fields = Object.entries(value).map(([name, inner]) => [name, withMarks(inner, large)]);
  return Object.fromEntries(fields);
}

function splitAtMarks(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (;;) {
    const at = bytes.indexOf(ENCODED_MARK, from);
    if (at < 0) return [...parts, bytes.subarray(from)];
    parts.push(bytes.subarray(from, at));
    from = at + ENCODED_MARK.length;
  }
}

function headOf({ length }: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head[0] = BYTES_32;
  head.writeUInt32BE(length, 1);
  return head;
}
