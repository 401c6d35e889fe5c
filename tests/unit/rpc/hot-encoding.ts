/** Messages of fixed layout as an outbox makes them, from plain items. */
import { LayoutWriter } from '../../../lib/encoding/layout.js';
import {
  writeCopy,
  writeMessageHead,
  writeRead,
  writeRefused,
  writeShown,
  writeStored,
} from '../../../lib/rpc/hot-layout.js';
import {
  type CopyItem,
  HOT,
  type HotKind,
  type HotMessage,
  liesBeside,
  type ReadItem,
  type RefusedItem,
  type RequestHead,
  type ShownItem,
  type SlotId,
  type StoredItem,
  type TimeLeft,
} from '../../../lib/rpc/hot-messages.js';
import { writeAnsweredOf, writeAskedOf } from '../../../lib/rpc/layout-items.js';
import type { LayoutType } from '../../../lib/rpc/layout-type.js';

type Write<Item> = (writer: LayoutWriter, id: Item, body: Item) => void;
type Asked<Request> = SlotId & TimeLeft & { readonly body: Request };
type Answered<Reply> = SlotId & { readonly body: Reply };

function messageOf<Item>(
  kind: HotKind,
  [first, second]: readonly [number, number],
  write: Write<Item>,
  items: readonly Item[],
  type = 0,
): HotMessage {
  const writer = new LayoutWriter();
  writeMessageHead(writer, kind, first, second, type);
  for (const item of items) write(writer, item, item);
  const bytes = Buffer.from(writer.viewFrom(0));
  const beside = items
    .map((item) => (item as { readonly record?: Uint8Array | null }).record ?? null)
    .find(liesBeside);
  return beside === undefined ? [kind, bytes] : [kind, bytes, beside];
}

export function readsMessage(head: RequestHead, items: readonly ReadItem[]): HotMessage {
  return messageOf(HOT.reads, [head.epoch, head.settingsHash], writeRead, items);
}

export function copiesMessage(head: RequestHead, items: readonly CopyItem[]): HotMessage {
  return messageOf(HOT.copies, [head.epoch, head.settingsHash], writeCopy, items);
}

export function shownMessage(items: readonly ShownItem[]): HotMessage {
  return messageOf(HOT.shown, [items[0]?.start ?? 0, 0], writeShown, items);
}

export function storedMessage(commit: number, items: readonly StoredItem[]): HotMessage {
  return messageOf(HOT.stored, [items[0]?.start ?? 0, commit], writeStored, items);
}

export function refusedMessage(items: readonly RefusedItem[]): HotMessage {
  return messageOf(HOT.refused, [0, 0], (to, id, { error }) => writeRefused(to, id, error), items);
}

export function askedMessage<Request>(
  head: RequestHead,
  type: LayoutType<Request, unknown>,
  items: readonly Asked<Request>[],
): HotMessage {
  const layout = writeAskedOf(type.request);
  const write: Write<Asked<Request>> = (to, id, { body }) => layout(to, id, body);
  return messageOf(HOT.asked, [head.epoch, head.settingsHash], write, items, type.number);
}

export function answeredMessage<Reply>(
  type: LayoutType<unknown, Reply>,
  items: readonly Answered<Reply>[],
): HotMessage {
  const layout = writeAnsweredOf(type.reply);
  const write: Write<Answered<Reply>> = (to, id, { body }) => layout(to, id, body);
  return messageOf(HOT.answered, [0, 0], write, items, type.number);
}
