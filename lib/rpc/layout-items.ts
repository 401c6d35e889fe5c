/** The bytes of messages of a declared type (layout-type.ts): requests, and their answers. */
import { corruptLayout, type LayoutWriter } from '../encoding/layout.js';
import {
  readerOf,
  readHead,
  readItems,
  readLeft,
  type WriteItem,
  writeAsking,
  writeId,
} from './hot-layout.js';
import type { HotMessage, Requests, SlotId, TimeLeft } from './hot-messages.js';
import type { FixedLayout, LayoutType } from './layout-type.js';

export interface AskedItem extends SlotId, TimeLeft {
  readonly body: unknown;
}

export interface AnsweredItem extends SlotId {
  readonly body: unknown;
}

export type AnyType = LayoutType<unknown, unknown>;

/** In the place of a slot: nobody waits for an answer. */
const NOBODY = 0xffff_ffff;
/** The id of a request that nobody waits for. */
export const NOTIFICATION = { slot: NOBODY, generation: 0 } as const;

export function isNotification({ slot }: SlotId): boolean {
  return slot === NOBODY;
}

export function writeAskedOf<Body>(layout: FixedLayout<Body>): WriteItem<SlotId & TimeLeft, Body> {
  return (writer: LayoutWriter, id, body) => {
    writeAsking(writer, id);
    layout.write(writer, body);
  };
}

export function writeAnsweredOf<Body>(layout: FixedLayout<Body>): WriteItem<SlotId, Body> {
  return (writer: LayoutWriter, id, body) => {
    writeId(writer, id);
    layout.write(writer, body);
  };
}

/** @param typeOf by its number; undefined: there is none here */
export function decodeAsked(
  message: HotMessage,
  typeOf: (number: number) => AnyType | undefined,
): Requests<AskedItem> & { readonly type: AnyType } {
  const reader = readerOf(message, false);
  const type = typeOf(reader.u8());
  if (type === undefined) throw corruptLayout();
  const { epoch, settingsHash } = readHead(reader);
  const items = readItems(reader, (): AskedItem => {
    const slot = reader.u32();
    const generation = reader.u32();
    const leftMilliseconds = readLeft(reader);
    return { slot, generation, leftMilliseconds, body: type.request.read(reader) };
  });
  return { type, epoch, settingsHash, items };
}

export function decodeAnswered(
  message: HotMessage,
  typeOf: (number: number) => AnyType | undefined,
): { readonly type: AnyType; readonly items: readonly AnsweredItem[] } {
  const reader = readerOf(message, false);
  const type = typeOf(reader.u8());
  if (type === undefined) throw corruptLayout();
  const items = readItems(reader, (): AnsweredItem => {
    const slot = reader.u32();
    const generation = reader.u32();
    return { slot, generation, body: type.reply.read(reader) };
  });
  return { type, items };
}
