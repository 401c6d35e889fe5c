/** A put and its result as they travel to the primary that executes it, and back. */
import type { z } from 'zod';
import { recordKey } from '../../persistence/keyspace.js';
import { decodeDots, encodeDots } from '../../versioning/dot-set.js';
import { droppedFromWire, droppedToWire } from './audit-wire.js';
import { parseLevel } from '../request/level.js';
import type { PUT } from './messages.js';
import type { Put, PutResult, Resolving } from '../request/put-request.js';
import { seenFromWire, seenToWire } from './seen-wire.js';

type Wire = z.infer<typeof PUT.request>;
type WireResult = z.infer<typeof PUT.reply>;

export function putToWire(put: Put): Wire {
  const { at, change, seen, levels, durability, resolving, zone, session, past = null } = put;
  return {
    namespace: at.namespace,
    key: at.key,
    change:
      change.state === 'value'
        ? {
            ...change,
            ttlSeconds: change.ttlSeconds ?? null,
            expiresAt: change.expiresAt ?? null,
          }
        : { state: 'tombstone' },
    seen: seen === undefined ? null : seenToWire(seen),
    levels: levels.map(({ name }) => name),
    durability,
    resolving:
      resolving === undefined
        ? null
        : { ...resolving, dropped: resolving.dropped.map(droppedToWire) },
    zone,
    session: session === undefined ? null : { ...session, dots: encodeDots(session.dots) },
    past,
    explain: put.explanation !== undefined,
  };
}

/** A put that was passed on, as the primary executes it. */
export function putFromWire(wire: Wire, deadline: number, partitionCount: number): Put {
  const { change, seen, levels, durability, zone, session } = wire;
  return {
    at: recordKey(wire.namespace, wire.key, partitionCount),
    change:
      change.state === 'value'
        ? {
            ...change,
            ttlSeconds: change.ttlSeconds ?? undefined,
            expiresAt: change.expiresAt ?? undefined,
          }
        : change,
    seen: seen === null ? undefined : seenFromWire(seen),
    levels: levels.map((name) => parseLevel(name, 'write')),
    durability,
    resolving: resolvingFrom(wire.resolving),
    deadline,
    zone,
    forwarded: true,
    session: session === null ? undefined : { ...session, dots: decodeDots(session.dots) },
    past: wire.past ?? undefined,
  };
}

function resolvingFrom(resolving: Wire['resolving']): Resolving | undefined {
  if (resolving === null) return undefined;
  return { ...resolving, dropped: resolving.dropped.map(droppedFromWire) };
}

/** @param explained what it is to say of how it came about; undefined: nothing */
export function resultToWire(result: PutResult, explained: string | undefined): WireResult {
  return {
    ...result,
    replaced: [...result.replaced],
    beside: [...result.beside],
    claim: result.claim ?? null,
    seen: seenToWire(result.seen),
    explained: explained ?? null,
  };
}

export function resultFromWire({ explained: _, ...result }: WireResult): PutResult {
  return { ...result, seen: seenFromWire(result.seen), claim: result.claim ?? undefined };
}
