/** A peer frame: one turn's messages to one peer, as bytes. See lib/environment/transport.ts. */
import { Packr } from 'msgpackr';
import { assert, OperatingError } from '../errors.js';
import { isPlainMessagePack } from './plain-bytes.js';

/**
 * No records: their readers are compiled anew in every frame, which costs more than the names of
 * the fields save. A message that is an array of positions is the cheapest.
 */
const packr = new Packr({
  useRecords: false,
  variableMapSize: true,
  int64AsType: 'number',
  moreTypes: false,
  // A field that is undefined is one that is absent, as in the types of the messages. The library's
  // own types do not know this option.
  ...{ skipValues: [undefined] },
});

/** Up to here byte strings are views into their frame: one that is kept keeps no more than this. */
const SHARED_FRAME_BYTES_MAX = 8_192;

/** Most bytes that a value needs beside its own text or bytes: a first byte and eight more. */
const VALUE_BYTES = 9;
/** Longer strings are measured, shorter ones taken at three bytes for each UTF-16 unit. */
const SHORT_STRING_LENGTH = 64;

export function encodeFrame(messages: readonly unknown[]): Uint8Array {
  return packr.pack(messages);
}

/**
 * The messages of a frame, in order. Byte strings in them are safe to keep: they are copied where
 * the frame is larger than 8 KiB, unless they make up most of it.
 * @throws OperatingError `corrupt_bytes` for anything but one array of plain values
 */
export function decodeFrame(bytes: Uint8Array): unknown[] {
  if (!isPlainMessagePack(bytes)) throw corrupt();
  let messages: unknown;
  try {
    messages = packr.unpack(bytes);
  } catch (cause) {
    throw corrupt(cause);
  }
  if (!Array.isArray(messages)) throw corrupt();
  if (bytes.length > SHARED_FRAME_BYTES_MAX) detach(messages, bytes.length / 2);
  return messages;
}

function corrupt(cause?: unknown): OperatingError {
  return new OperatingError('corrupt_bytes', 'a peer frame does not decode', { cause });
}

/** Replaces each view shorter than `bytesMax` by a copy, in place. Depth was bounded before. */
function detach(value: object, bytesMax: number): void {
  if (Array.isArray(value)) {
    const list: unknown[] = value;
    for (let index = 0; index < list.length; index += 1) {
      const inner = list[index];
      if (typeof inner === 'object' && inner !== null) list[index] = detached(inner, bytesMax);
    }
    return;
  }
  const fields = value as Record<string, unknown>;
  for (const name in fields) {
    const inner = fields[name];
    if (typeof inner === 'object' && inner !== null) fields[name] = detached(inner, bytesMax);
  }
}

function detached(inner: object, bytesMax: number): object {
  if (inner instanceof Uint8Array) return inner.length < bytesMax ? Buffer.from(inner) : inner;
  detach(inner, bytesMax);
  return inner;
}

/** A part of received bytes, safe to keep by the same rule. @param whole what it is a part of */
export function safeToKeep(part: Uint8Array, whole: Uint8Array): Uint8Array {
  if (whole.length <= SHARED_FRAME_BYTES_MAX || part.length >= whole.length / 2) return part;
  return Buffer.from(part);
}

/**
 * No fewer bytes than the message takes in a frame, found without encoding it.
 * Invariant: what is sent is plain: null, booleans, numbers, texts, byte strings, arrays, objects.
 * Fields of objects may be undefined, which is to be absent; elements of arrays may not.
 */
export function messageBytesMax(message: unknown): number {
  switch (typeof message) {
    case 'number':
    case 'boolean':
      return VALUE_BYTES;
    case 'string':
      return VALUE_BYTES + stringBytesMax(message);
    case 'object':
      return VALUE_BYTES + (message === null ? 0 : objectBytesMax(message));
    default:
      assert(false, `a message holds a ${typeof message}`);
  }
}

function stringBytesMax(text: string): number {
  return text.length > SHORT_STRING_LENGTH ? Buffer.byteLength(text) : 3 * text.length;
}

function objectBytesMax(value: object): number {
  if (value instanceof Uint8Array) return value.length;
  let bytes = 0;
  if (Array.isArray(value)) {
    for (const element of value) bytes += messageBytesMax(element);
    return bytes;
  }
  const fields = value as Record<string, unknown>;
  for (const key in fields) {
    const inner = fields[key];
    if (inner === undefined) continue;
    bytes += VALUE_BYTES + stringBytesMax(key) + messageBytesMax(inner);
  }
  return bytes;
}
