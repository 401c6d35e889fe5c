/**
 * The bytes of messages of fixed layout (hot-messages.ts). Decoding checks every length and range,
 * and is the validation.
 */
import { safeToKeep } from '../encoding/frame.js';
import { corruptLayout, LayoutReader, type LayoutWriter } from '../encoding/layout.js';
import { ERROR_CODES, type ErrorCode, OperatingError, type Outcome } from '../errors.js';
import { BESIDE, RecordsOfMessage } from './hot-records.js';
import { detailsFrom, detailsText } from './refusal-details.js';
import {
  type TimeLeft,
  type CopyItem,
  type CopyReply,
  type CopyRequest,
  HOT,
  type HotKind,
  type HotMessage,
  liesBeside,
  type LostOwners,
  type ReadItem,
  type ReadReply,
  type ReadRequest,
  type RefusedItem,
  type RequestHead,
  type Requests,
  type ShownItem,
  type SlotId,
  type StoredItem,
  type StoredItems,
  type Want,
  SHOWN_AT_LEAST,
} from './hot-messages.js';

const WANTS: readonly Want[] = ['full', 'versions', 'fingerprint'];
const DURABILITIES = ['sync', 'os', 'memory'] as const;
const FATES = [undefined, 'collected', 'ended'] as const;
const OUTCOMES: readonly Outcome[] = ['none', 'unknown'];

const MICROSECONDS = 1000;
const LEFT_MAX = 0xffff_ffff;
const REASON_LENGTH_MAX = 300;

const READ_AT_LEAST = 4;
const READ_FLOOR = 16;
const READ_FLAGS_MAX = READ_FLOOR + READ_AT_LEAST * (SHOWN_AT_LEAST.length - 1) + WANTS.length - 1;
const SHOWN_RECORD = 1;
const SHOWN_LOST = 2;
const SHOWN_MISSING = 4;
const SHOWN_FLAGS_MAX = SHOWN_RECORD + SHOWN_LOST + SHOWN_MISSING;
const NO_BYTES = Buffer.alloc(0);
const STORED_LOST = 4;
const STORED_REPORT = 8;
const STORED_FLAGS_MAX = STORED_REPORT + STORED_LOST + FATES.length - 1;

/**
 * What stands before the items, once a message: epoch and hash of the settings of whoever asks, or
 * in which start it was said, and for acknowledgements what is durable. Of a declared type: its
 * number, before that.
 */
export function writeMessageHead(
  writer: LayoutWriter,
  kind: HotKind,
  first: number,
  second: number,
  type = 0,
): void {
  if (type > 0) writer.u8(type);
  if (kind === HOT.reads || kind === HOT.copies || kind === HOT.asked) {
    writer.u32(first);
    writer.u32(second);
  } else if (kind === HOT.shown || kind === HOT.stored) {
    writer.u53(first);
    if (kind === HOT.stored) writer.u53(second);
  }
}

/**
 * Writes what an item says, behind the slot that it is of. Items are built of their parts nowhere
 * on this way: V8 clones objects that hold numbers with fractions slowly (docs/notebook).
 */
export type WriteItem<Id extends SlotId, Body> = (writer: LayoutWriter, id: Id, body: Body) => void;

export function writeRead(writer: LayoutWriter, id: SlotId & TimeLeft, request: ReadRequest): void {
  writeRequest(writer, id, request);
  const { want, atLeast, floor } = request;
  const least = READ_AT_LEAST * SHOWN_AT_LEAST.indexOf(atLeast);
  const flags = least + (floor.length > 0 ? READ_FLOOR : 0);
  writer.u8(WANTS.indexOf(want) + flags);
  if (floor.length > 0) writer.bytes(floor);
}

export function writeCopy(writer: LayoutWriter, id: SlotId & TimeLeft, request: CopyRequest): void {
  writeRequest(writer, id, request);
  writer.u8(DURABILITIES.indexOf(request.durability));
  writer.bytes(request.audit);
  writer.text(request.blind);
  writeRecord(writer, request.record);
}

export function writeShown(writer: LayoutWriter, id: SlotId, reply: ReadReply): void {
  const { fingerprint, record, lost, missing } = reply;
  writeId(writer, id);
  const flags = (record === null ? 0 : SHOWN_RECORD) + (lost === undefined ? 0 : SHOWN_LOST);
  writer.u8(flags + (missing.length > 0 ? SHOWN_MISSING : 0));
  writer.latin1(fingerprint);
  if (lost !== undefined) writeLost(writer, lost);
  if (missing.length > 0) writer.bytes(missing);
  if (record !== null) writeRecord(writer, record);
}

export function writeStored(writer: LayoutWriter, id: SlotId, reply: CopyReply): void {
  const { fate, lost, report } = reply;
  writeId(writer, id);
  const flags = (lost === undefined ? 0 : STORED_LOST) + (report.length > 0 ? STORED_REPORT : 0);
  writer.u8(FATES.indexOf(fate) + flags);
  if (lost !== undefined) writeLost(writer, lost);
  if (report.length > 0) writer.bytes(report);
}

export function writeRefused(writer: LayoutWriter, id: SlotId, error: OperatingError): void {
  writeId(writer, id);
  writer.u8(OUTCOMES.indexOf(error.outcome));
  writer.text(error.code);
  writer.text(error.message.slice(0, REASON_LENGTH_MAX));
  writer.text(detailsText(error.details));
}

export function decodeReads(message: HotMessage): Requests<ReadItem> {
  const reader = readerOf(message, false);
  const { epoch, settingsHash } = readHead(reader);
  const items = readItems(reader, (): ReadItem => {
    const slot = reader.u32();
    const generation = reader.u32();
    const leftMilliseconds = readLeft(reader);
    const namespace = reader.text();
    const key = reader.text();
    const flags = reader.u8(READ_FLAGS_MAX);
    const want = WANTS[flags % READ_AT_LEAST];
    const atLeast = SHOWN_AT_LEAST[Math.floor((flags % READ_FLOOR) / READ_AT_LEAST)];
    if (want === undefined || atLeast === undefined) throw corruptLayout();
    const floor = (flags & READ_FLOOR) > 0 ? someBytes(reader, message) : NO_BYTES;
    return { slot, generation, leftMilliseconds, namespace, key, want, atLeast, floor };
  });
  return { epoch, settingsHash, items };
}

export function decodeCopies(message: HotMessage): Requests<CopyItem> {
  const reader = readerOf(message, true);
  const { epoch, settingsHash } = readHead(reader);
  const records = new RecordsOfMessage(message);
  const items = readItems(reader, (): CopyItem => {
    const slot = reader.u32();
    const generation = reader.u32();
    const leftMilliseconds = readLeft(reader);
    const namespace = reader.text();
    const key = reader.text();
    const durability = DURABILITIES[reader.u8()];
    if (durability === undefined) throw corruptLayout();
    const audit = safeToKeep(reader.bytes(), message[1]);
    const blind = reader.text();
    const record = records.read(reader);
    return {
      slot,
      generation,
      leftMilliseconds,
      namespace,
      key,
      durability,
      audit,
      blind,
      record,
    };
  });
  records.end();
  return { epoch, settingsHash, items };
}

export function decodeShown(message: HotMessage): readonly ShownItem[] {
  const reader = readerOf(message, true);
  const start = reader.u53();
  const records = new RecordsOfMessage(message);
  const items = readItems(reader, (): ShownItem => {
    const slot = reader.u32();
    const generation = reader.u32();
    const flags = reader.u8(SHOWN_FLAGS_MAX);
    const fingerprint = reader.latin1();
    const lost = (flags & SHOWN_LOST) > 0 ? readLost(reader) : undefined;
    const missing = (flags & SHOWN_MISSING) > 0 ? someBytes(reader, message) : NO_BYTES;
    const record = (flags & SHOWN_RECORD) > 0 ? records.read(reader) : null;
    return { slot, generation, start, fingerprint, lost, record, missing };
  });
  records.end();
  return items;
}

export function decodeStoredItems(message: HotMessage): StoredItems {
  const reader = readerOf(message, false);
  const start = reader.u53();
  const commit = reader.u53();
  const items = readItems(reader, (): StoredItem => {
    const slot = reader.u32();
    const generation = reader.u32();
    const flags = reader.u8(STORED_FLAGS_MAX);
    const index = flags % STORED_LOST;
    if (index >= FATES.length) throw corruptLayout();
    const lost = (flags & STORED_LOST) > 0 ? readLost(reader) : undefined;
    const report = (flags & STORED_REPORT) > 0 ? someBytes(reader, message) : NO_BYTES;
    return { slot, generation, start, fate: FATES[index], lost, report };
  });
  return { start, commit, items };
}

export function decodeRefused(message: HotMessage): readonly RefusedItem[] {
  const reader = readerOf(message, false);
  return readItems(reader, (): RefusedItem => {
    const slot = reader.u32();
    const generation = reader.u32();
    const outcome = OUTCOMES[reader.u8()];
    if (outcome === undefined) throw corruptLayout();
    const code = reader.text();
    const known = Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'internal';
    const message = reader.text();
    const details = detailsFrom(reader.text());
    const error = new OperatingError(known, message, { outcome, details });
    return { slot, generation, error };
  });
}

export function writeId(writer: LayoutWriter, { slot, generation }: SlotId): void {
  writer.u32(slot);
  writer.u32(generation);
}

function writeRequest(
  writer: LayoutWriter,
  id: SlotId & TimeLeft,
  { namespace, key }: Pick<ReadRequest, 'namespace' | 'key'>,
): void {
  writeAsking(writer, id);
  writer.text(namespace);
  writer.text(key);
}

/** Which request it is, and what is left of its deadline. */
export function writeAsking(writer: LayoutWriter, id: SlotId & TimeLeft): void {
  writeId(writer, id);
  const left = Math.round(id.leftMilliseconds * MICROSECONDS);
  writer.u32(Math.min(LEFT_MAX, Math.max(0, left)));
}

export function readLeft(reader: LayoutReader): number {
  return reader.u32() / MICROSECONDS;
}

/** What is there only where it is not empty. */
function someBytes(reader: LayoutReader, message: HotMessage): Uint8Array {
  const bytes = safeToKeep(reader.bytes(), message[1]);
  if (bytes.length === 0) throw corruptLayout();
  return bytes;
}

function writeRecord(writer: LayoutWriter, record: Uint8Array): void {
  if (liesBeside(record)) writer.u32(BESIDE);
  else writer.bytes(record);
}

export function writeLost(writer: LayoutWriter, lost: LostOwners): void {
  writer.u16(lost.length);
  for (const [node, start] of lost) {
    writer.text(node);
    writer.u53(start);
  }
}

export function readLost(reader: LayoutReader): LostOwners {
  const lost: LostOwners = [];
  for (let left = reader.u16(); left > 0; left -= 1) lost.push([reader.text(), reader.u53()]);
  return lost;
}

export function readHead(reader: LayoutReader): RequestHead {
  return { epoch: reader.u32(), settingsHash: reader.u32() };
}

/** At least one. */
export function readItems<Item>(reader: LayoutReader, read: () => Item): Item[] {
  const items: Item[] = [];
  do items.push(read());
  while (!reader.isAtEnd);
  return items;
}

export function readerOf(message: HotMessage, mayLieBeside: boolean): LayoutReader {
  const [, bytes, beside] = message;
  const isWhole = message.length === 2 || (message.length === 3 && mayLieBeside);
  if (!isWhole || !(bytes instanceof Uint8Array)) throw corruptLayout();
  if (message.length === 3 && !(beside instanceof Uint8Array)) throw corruptLayout();
  return new LayoutReader(bytes);
}
