/** What messages of fixed layout are made of: flags, lists, dots, what a writer has seen. */
import { corruptLayout, type LayoutReader, type LayoutWriter } from '../../encoding/layout.js';
import type { Durability } from '../../persistence/store.js';
import type { Context, Seen } from '../../versioning/context.js';
import type { Dot } from '../../versioning/dot.js';

export function writeFlag(writer: LayoutWriter, flag: boolean): void {
  writer.u8(flag ? 1 : 0);
}

export function readFlag(reader: LayoutReader): boolean {
  return reader.u8(1) === 1;
}

export function writeBytesOrNone(writer: LayoutWriter, bytes: Uint8Array | undefined): void {
  writeFlag(writer, bytes !== undefined);
  if (bytes !== undefined) writer.bytes(bytes);
}

export function readBytesOrNone(reader: LayoutReader): Uint8Array | undefined {
  return readFlag(reader) ? reader.bytesToKeep() : undefined;
}

/** One of a few, as its place among them. */
export function writeOneOf<Word>(writer: LayoutWriter, words: readonly Word[], word: Word): void {
  writer.u8(words.indexOf(word));
}

export function readOneOf<Word>(reader: LayoutReader, words: readonly Word[]): Word {
  const word = words[reader.u8()];
  if (word === undefined) throw corruptLayout();
  return word;
}

const DURABILITIES = ['sync', 'os', 'memory'] as const;

export function writeDurabilityPart(writer: LayoutWriter, durability: Durability): void {
  writeOneOf(writer, DURABILITIES, durability);
}

export function readDurabilityPart(reader: LayoutReader): Durability {
  return readOneOf(reader, DURABILITIES);
}

/** A moment, or how long something takes. */
export function readTime(reader: LayoutReader): number {
  const time = reader.float();
  if (time < 0) throw corruptLayout();
  return time;
}

/** So many of something, and then each. */
export function writeList<Item>(
  writer: LayoutWriter,
  items: readonly Item[],
  write: (writer: LayoutWriter, item: Item) => void,
): void {
  writer.u32(items.length);
  for (const item of items) write(writer, item);
}

/** A length that is a lie ends where the message does. */
export function readList<Item>(reader: LayoutReader, read: (reader: LayoutReader) => Item): Item[] {
  const items: Item[] = [];
  for (let left = reader.u32(); left > 0; left -= 1) items.push(read(reader));
  return items;
}

export function writeTexts(writer: LayoutWriter, texts: readonly string[]): void {
  writeList(writer, texts, (to, text) => to.text(text));
}

export function readTexts(reader: LayoutReader): string[] {
  return readList(reader, (from) => from.text());
}

/** Of any length. */
export function writeLongTextOrNone(writer: LayoutWriter, text: string | undefined): void {
  writeBytesOrNone(writer, text === undefined ? undefined : Buffer.from(text));
}

export function readLongTextOrNone(reader: LayoutReader): string | undefined {
  const bytes = readBytesOrNone(reader);
  return bytes && Buffer.from(bytes).toString();
}

export function writeDot(writer: LayoutWriter, { writer: of, n }: Dot): void {
  writer.text(of);
  writer.u53(n);
}

export function readDot(reader: LayoutReader): Dot {
  return { writer: reader.text(), n: reader.u53() };
}

/** An empty writer: there is none. */
export function writeDotOrNone(writer: LayoutWriter, dot: Dot | undefined): void {
  writer.text(dot?.writer ?? '');
  if (dot !== undefined) writer.u53(dot.n);
}

export function readDotOrNone(reader: LayoutReader): Dot | undefined {
  const writer = reader.text();
  return writer === '' ? undefined : { writer, n: reader.u53() };
}

export function writeContext(writer: LayoutWriter, { vector, beyond }: Context): void {
  const dots = Array.from(vector, ([of, n]) => ({ writer: of, n }));
  writeList(writer, dots, writeDot);
  writeList(writer, beyond, writeDot);
}

export function readContext(reader: LayoutReader): Context {
  const vector = new Map(readList(reader, readDot).map(({ writer, n }) => [writer, n]));
  return { vector, beyond: readList(reader, readDot) };
}

export function writeSeen(writer: LayoutWriter, seen: Seen): void {
  writeContext(writer, seen);
  writer.u53(seen.stamp);
}

export function readSeen(reader: LayoutReader): Seen {
  return { ...readContext(reader), stamp: reader.u53() };
}
