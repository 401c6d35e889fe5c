/** Passing a put on to a primary: once; to the next only where nothing was sent (Dynamo 6.4). */
import { OperatingError } from '../errors.js';
import type { PreferenceList } from '../replication/preference-list.js';
import { nearestFirst } from '../replication/preference-list.js';
import type { Answer } from '../replication/pending-requests.js';
import type { Context } from '../versioning/context.js';
import type { z } from 'zod';
import { droppedFromWire, droppedToWire } from './audit-wire.js';
import type { Collaborators } from './collaborators.js';
import { parseLevel } from './consistency-level.js';
import { PUT } from './messages.js';
import type { Put, PutResult, Resolving } from './put-request.js';
import { recordKey } from '../persistence/records.js';

type Wire = z.infer<typeof PUT.request>;
type WireResult = z.infer<typeof PUT.reply>;

/**
 * Undefined where no primary could be reached. One that refuses and has surely done nothing (its
 * disk failed, it is overloaded) is passed by: the next may do better.
 */
export async function forward(
  collaborators: Collaborators,
  request: Put,
  list: PreferenceList,
): Promise<PutResult | undefined> {
  const { messenger, observer, view, lag } = collaborators;
  const wire = toWire(request);
  let refusal: OperatingError | undefined;
  for (const node of nearestFirst(list, view, lag.isBehind)) {
    const answer = await new Promise<Answer<WireResult>>((resolve) => {
      messenger.ask(node, PUT, wire, request.deadline, resolve);
    });
    observer.count('quorate_forwards_total', { result: answer.ok ? 'ok' : answer.error.code });
    if (answer.ok) return { ...answer.reply, seen: seenFrom(answer.reply.seen) };
    const { code, outcome, retryable } = answer.error;
    if (outcome === 'none' && retryable) {
      if (code !== 'peer_unreachable') refusal = answer.error;
      continue;
    }
    if (code === 'peer_unreachable') {
      throw new OperatingError('outcome_unknown', `${node} did not answer`, {
        cause: answer.error,
      });
    }
    throw answer.error;
  }
  if (refusal !== undefined) throw refusal;
  return undefined;
}

function toWire(put: Put): Wire {
  const { at, change, seen, levels, overwriteSiblings, durability, resolving, zone } = put;
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
    seen: seen === undefined ? null : plainOf(seen),
    levels: levels.map(({ name }) => name),
    overwriteSiblings,
    durability,
    resolving:
      resolving === undefined
        ? null
        : { ...resolving, dropped: resolving.dropped.map(droppedToWire) },
    zone,
  };
}

/** A forwarded put, as the primary executes it. */
export function fromWire(wire: Wire, deadline: number, partitionCount: number): Put {
  const { change, seen, levels, overwriteSiblings, durability, zone } = wire;
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
    seen: seen === null ? undefined : seenFrom(seen),
    levels: levels.map((name) => parseLevel(name, 'write')),
    overwriteSiblings,
    durability,
    resolving: resolvingFrom(wire.resolving),
    deadline,
    zone,
    forwarded: true,
  };
}

function resolvingFrom(resolving: Wire['resolving']): Resolving | undefined {
  if (resolving === null) return undefined;
  return { ...resolving, dropped: resolving.dropped.map(droppedFromWire) };
}

export function toWireResult(result: PutResult): WireResult {
  return {
    ...result,
    replaced: [...result.replaced],
    seen: plainOf(result.seen),
  };
}

function seenFrom(seen: WireResult['seen']): Context {
  return { vector: new Map(seen.vector), beyond: seen.beyond };
}

function plainOf({ vector, beyond }: Context): WireResult['seen'] {
  return { vector: [...vector], beyond: [...beyond] };
}
