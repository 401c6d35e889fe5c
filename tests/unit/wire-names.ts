/** What travels, by name: for tests that hold back or count some of it. */
import { ASK, PROPOSAL } from '../../lib/coordination/strong/proposal-layouts.js';
import { PROPOSE } from '../../lib/coordination/strong/propose-layout.js';
import { HOLD } from '../../lib/coordination/wire/hold-layout.js';
import { NEAR } from '../../lib/coordination/wire/near-layout.js';
import { PUT } from '../../lib/coordination/wire/put-layout.js';
import { decodeReads } from '../../lib/rpc/hot-layout.js';
import {
  HOT,
  type HotKind,
  type HotMessage,
  isHot,
  type ReadItem,
} from '../../lib/rpc/hot-messages.js';
import { type AnyType, decodeAsked } from '../../lib/rpc/layout-items.js';

const TYPES = new Map(
  [PROPOSAL, ASK, PROPOSE, PUT, NEAR, HOLD].map((type) => [
    type.number,
    type as unknown as AnyType,
  ]),
);

const HOT_NAMES: Readonly<Partial<Record<HotKind, string>>> = {
  [HOT.reads]: 'coordination.read',
  [HOT.copies]: 'coordination.write',
  [HOT.shown]: 'shown',
  [HOT.stored]: 'stored',
  [HOT.refused]: 'refused',
};

/** By its number. */
export function layoutTypeOf(number: number): AnyType | undefined {
  return TYPES.get(number);
}

function declaredName([kind, items]: HotMessage): string {
  const name = layoutTypeOf(items[0] ?? 0)?.name ?? 'unknown';
  return kind === HOT.asked ? name : `${name} answered`;
}

/** Undefined where it is no message of fixed layout. */
export function nameOfHot(message: unknown): string | undefined {
  return isHot(message) ? (HOT_NAMES[message[0]] ?? declaredName(message)) : undefined;
}

/** Of a request, or of a message of fixed layout; of other answers: nothing of use. */
export function nameOf(message: unknown): string {
  return nameOfHot(message) ?? String((message as readonly unknown[])[2]);
}

/** Of a message of `coordination.read`: what it asks for. */
export function readsIn(message: unknown): readonly ReadItem[] {
  return isHot(message) && message[0] === HOT.reads ? decodeReads(message).items : [];
}

interface ToAcceptor {
  readonly is: string;
  /** Namespace, U+0000, key; empty: of a ballot. */
  readonly key: string;
}

/** What a message asks of acceptors of the strong level. */
export function acceptorRequestsIn(message: unknown): readonly ToAcceptor[] {
  const name = nameOf(message);
  if (name === 'strong.ballot') {
    const [, , , , , , body] = message as readonly unknown[];
    return [{ is: (body as { readonly request: { readonly is: string } }).request.is, key: '' }];
  }
  if (name !== PROPOSAL.name || !isHot(message)) return [];
  return decodeAsked(message, layoutTypeOf).items.map(({ body }) => {
    const { request } = body as ReturnType<typeof PROPOSAL.request.read>;
    return { is: request.is, key: 'proposal' in request ? request.proposal.key : request.key };
  });
}
