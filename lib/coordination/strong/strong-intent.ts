/** What a client wants at `strong`, before a clock gives it an end; and as it travels. */
import type { z } from 'zod';
import type { Condition, StrongChange } from '../../consensus/decision.js';
import type { Once } from '../../consensus/once.js';
import { type RecordKey, recordKey } from '../../persistence/keyspace.js';
import { type Change, clockNotSane } from '../../replica/intent.js';
import type { Seen } from '../../versioning/context.js';
import type { Explanation } from '../request/explanation.js';
import type { PROPOSE } from './strong-messages.js';
import { seenFromWire, seenToWire } from '../wire/seen-wire.js';

type Wire = z.infer<typeof PROPOSE.request>;
type WireCondition = Wire['condition'];

export interface StrongIntent {
  readonly change: Change;
  /** What the writer has seen; undefined: "replace what is there". */
  readonly seen: Seen | undefined;
  /** Of a resolution: for its audit entry. */
  readonly resolving: { readonly strategy: string; readonly by: string } | undefined;
  /** What the writer had seen, of all keys (versioning/past.ts). */
  readonly past: Uint8Array | undefined;
}

/** An operation at `strong`, where it was asked for or passed on to. */
export interface StrongRequest {
  readonly at: RecordKey;
  /** Undefined: a read. */
  readonly intent: StrongIntent | undefined;
  readonly condition: Condition;
  /** It takes effect once, however often it is proposed; without an intent it is settled. */
  readonly once?: Once | undefined;
  /** On the monotonic clock. */
  readonly deadline: number;
  /** Where the request wants to know how its answer came about. */
  readonly explanation?: Explanation | undefined;
}

export interface Forwarded {
  readonly decides: boolean;
  readonly takesOver: boolean;
}

const NO_VALUE = new Uint8Array(0);

/**
 * @param now of the clock of the proposer; undefined: it is not sane
 * @throws OperatingError `clock_not_sane`
 */
export function changeOf(
  { change, seen, past }: StrongIntent,
  now: number | undefined,
  epoch: number,
): StrongChange {
  if (change.state === 'tombstone') {
    const deleted = { state: 'tombstone', contentType: '', value: NO_VALUE } as const;
    return { ...deleted, expiresAt: undefined, seen, epoch, past };
  }
  const { state, contentType, value, ttlSeconds } = change;
  const written = { state, contentType, value, seen, epoch, past };
  if (ttlSeconds === undefined) return { ...written, expiresAt: change.expiresAt };
  if (now === undefined) throw clockNotSane();
  return { ...written, expiresAt: ttlSeconds === 'keep' ? 'keep' : now + ttlSeconds * 1000 };
}

export function strongToWire(
  { at, intent, condition, once, explanation }: StrongRequest,
  { decides, takesOver }: Forwarded,
): Wire {
  const { namespace, key } = at;
  return {
    ...{ namespace, key, condition: conditionTo(condition), decide: decides, takeOver: takesOver },
    change: intent === undefined ? null : intentTo(intent),
    once: once ?? null,
    explain: explanation !== undefined,
  };
}

export function strongFromWire(
  { namespace, key, change, condition, once }: Wire,
  deadline: number,
  partitionCount: number,
): StrongRequest {
  const at = recordKey(namespace, key, partitionCount);
  const intent = change === null ? undefined : intentFrom(change);
  return { at, intent, condition, once: once ?? undefined, deadline };
}

function intentTo({ change, seen, resolving, past }: StrongIntent): NonNullable<Wire['change']> {
  const told = {
    seen: seen === undefined ? null : seenToWire(seen),
    ...{ resolving: resolving ?? null, past: past ?? null },
  };
  if (change.state === 'tombstone') {
    const deleted = { state: 'tombstone', contentType: '', value: NO_VALUE } as const;
    return { ...deleted, ttlSeconds: null, expiresAt: null, ...told };
  }
  const { state, contentType, value, ttlSeconds = null, expiresAt = null } = change;
  return { state, contentType, value, ttlSeconds, expiresAt, ...told };
}

function intentFrom(wire: NonNullable<Wire['change']>): StrongIntent {
  const seen = wire.seen === null ? undefined : seenFromWire(wire.seen);
  const resolving = wire.resolving ?? undefined;
  const past = wire.past ?? undefined;
  if (wire.state === 'tombstone') return { change: { state: 'tombstone' }, seen, resolving, past };
  const { state, contentType, value } = wire;
  const ttlSeconds = wire.ttlSeconds ?? undefined;
  const expiresAt = wire.expiresAt ?? undefined;
  return { change: { state, contentType, value, ttlSeconds, expiresAt }, seen, resolving, past };
}

function conditionTo(condition: Condition): WireCondition {
  return condition.is === 'match' ? { ...condition, values: [...condition.values] } : condition;
}
