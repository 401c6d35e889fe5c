/** What travels, by name: for tests that hold back or count some of it. */
import { decodeReads } from '../../lib/rpc/hot-layout.js';
import { HOT, type HotKind, isHot, type ReadItem } from '../../lib/rpc/hot-messages.js';

const HOT_NAMES: Readonly<Record<HotKind, string>> = {
  [HOT.reads]: 'coordination.read',
  [HOT.copies]: 'coordination.write',
  [HOT.shown]: 'shown',
  [HOT.stored]: 'stored',
  [HOT.refused]: 'refused',
};

/** Undefined where it is no message of fixed layout. */
export function nameOfHot(message: unknown): string | undefined {
  return isHot(message) ? HOT_NAMES[message[0]] : undefined;
}

/** Of a request, or of a message of fixed layout; of other answers: nothing of use. */
export function nameOf(message: unknown): string {
  return nameOfHot(message) ?? String((message as readonly unknown[])[2]);
}

/** Of a message of `coordination.read`: what it asks for. */
export function readsIn(message: unknown): readonly ReadItem[] {
  return isHot(message) && message[0] === HOT.reads ? decodeReads(message).items : [];
}
