/** Siblings that become one value: at a read by the setting, or by request (Dynamo 4.4, 6.1). */
import { OperatingError } from '../errors.js';
import type { Change } from '../persistence/intent.js';
import { droppedVersion } from '../resolution/audit-entry.js';
import type { Resolver } from '../resolution/resolver.js';
import { type StrategyName, STRATEGY_NAMES } from '../resolution/strategies.js';
import type { Resolved } from '../resolution/strategy.js';
import { covers } from '../versioning/context.js';
import type { Context } from '../versioning/context.js';
import { parseDot } from '../versioning/dot.js';
import { liveVersions, type Siblings, type Version, write } from '../versioning/siblings.js';
import type { Collaborators } from './collaborators.js';
import { parseLevel } from './consistency-level.js';
import type { Get, Got } from './get.js';
import { get } from './get.js';
import { put } from './put.js';
import type { Put, PutResult } from './put-request.js';
import type { ResolveRequest } from './request.js';

/** Where the siblings are others by the time that their resolution is minted, it reads again. */
const READS_MAX = 2;

/**
 * A read under a strategy: what it finds in conflict is resolved before it answers, by a put at the
 * level that held. Where that fails the siblings are answered: nothing is decided then.
 */
export function getResolved(
  collaborators: Collaborators,
  request: Get,
  resolver: Resolver,
  strategy: StrategyName,
): Promise<Got> {
  if (strategy === 'siblings') return get(collaborators, request);
  return getSettled(collaborators, request, resolver, strategy);
}

async function getSettled(
  collaborators: Collaborators,
  request: Get,
  resolver: Resolver,
  strategy: StrategyName,
): Promise<Got> {
  for (let reads = 1; ; reads += 1) {
    const got = await get(collaborators, request);
    const settled = await settle(collaborators, request, got, resolver, strategy);
    if (settled !== 'changed') return settled;
    if (reads === READS_MAX) return got;
  }
}

async function settle(
  collaborators: Collaborators,
  { at, deadline }: Get,
  got: Got,
  resolver: Resolver,
  strategy: StrategyName,
): Promise<Got | 'changed'> {
  const { expiryClock, observer, ring, view } = collaborators;
  const { merged, level } = got;
  const siblings = liveVersions(merged, expiryClock.now());
  // Stand-ins have no say in what becomes of siblings that the primaries hold.
  if (merged === undefined || siblings.length < 2 || got.answered === 0) return got;
  const resolved = resolver.resolve(strategy, siblings);
  if (resolved === undefined) return got;
  try {
    const result = await put(collaborators, {
      ...{ at, deadline, zone: view.zone, forwarded: false, overwriteSiblings: false },
      change: changeOf(resolved),
      seen: merged.context,
      levels: [parseLevel(level, 'write')],
      durability: 'sync',
      resolving: { strategy, by: view.self, dropped: siblings.map(droppedVersion) },
    });
    return { ...got, merged: after(merged, resolved, result, ring().epoch) };
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    const { code } = error;
    observer.count('quorate_resolutions_total', { strategy, result: code });
    return code === 'version_changed' ? 'changed' : got;
  }
}

/** What the read has met, with the result in the place of the siblings. */
function after(
  merged: Siblings,
  { contentType, value, expiresAt }: Resolved,
  { version, writtenAt }: PutResult,
  epoch: number,
): Siblings {
  const dot = parseDot(version);
  if (dot === undefined) throw new Error('Invariant broken: a put answers with a dot');
  const made: Version = { dot, state: 'value', contentType, value, writtenAt, expiresAt };
  return write(merged, merged.context, made, epoch);
}

export type ResolveBy =
  | { readonly kind: 'strategy'; readonly strategy: StrategyName }
  | { readonly kind: 'value'; readonly contentType: string; readonly value: Uint8Array };

const NAMES = STRATEGY_NAMES.filter((name) => name !== 'siblings');

/** @throws OperatingError `invalid_request`: no strategy that resolves, on this node */
export function resolveByOf(
  resolution: ResolveRequest['resolution'],
  { hasCustom }: Resolver,
): ResolveBy {
  if (resolution.kind === 'value') return resolution;
  const strategy = NAMES.find((name) => name === resolution.strategy);
  if (strategy !== undefined && (strategy !== 'custom' || hasCustom)) {
    return { kind: 'strategy', strategy };
  }
  const received = resolution.strategy.slice(0, 200);
  const message =
    strategy === undefined ? 'there is no such strategy' : 'this node has no resolution module';
  throw new OperatingError('invalid_request', message, {
    details: { field: 'strategy', received, known: NAMES },
  });
}

export interface Resolve extends Pick<Put, 'durability' | 'zone'> {
  readonly read: Get;
  /** What the client has been shown. */
  readonly seen: Context;
  readonly by: ResolveBy;
  readonly who: string;
}

/**
 * Resolves what the context shows, if that is what is there.
 * @throws OperatingError `version_changed`; `siblings` where the strategy cannot; and as a put
 */
export async function resolveSeen(
  collaborators: Collaborators,
  { read, seen, by, who, durability, zone }: Resolve,
  resolver: Resolver,
): Promise<PutResult> {
  const { at, levels, deadline } = read;
  const { merged } = await get(collaborators, read);
  const live = liveVersions(merged, collaborators.expiryClock.now());
  const siblings = live.filter(({ dot }) => covers(seen, dot));
  if (siblings.length < 2 || siblings.length < live.length) throw changed(live, siblings);
  const resolved = by.kind === 'value' ? { ...by, expiresAt: undefined } : byRule(by.strategy);
  return put(collaborators, {
    ...{ at, levels, deadline, durability, zone, seen },
    ...{ forwarded: false, overwriteSiblings: false },
    change: changeOf(resolved),
    resolving: {
      strategy: by.kind === 'value' ? 'value' : by.strategy,
      by: who,
      dropped: siblings.map(droppedVersion),
    },
  });

  function byRule(strategy: StrategyName): Resolved {
    const found = resolver.resolve(strategy, siblings);
    if (found !== undefined) return found;
    throw new OperatingError('siblings', `"${strategy}" does not resolve these values; they stay`, {
      details: { strategy },
    });
  }
}

function changed(live: readonly Version[], siblings: readonly Version[]): OperatingError {
  const message =
    siblings.length < live.length
      ? 'there are siblings that this context does not show; read them first'
      : 'there is no conflict any more';
  return new OperatingError('version_changed', message, { details: { siblings: live.length } });
}

function changeOf({ contentType, value, expiresAt }: Resolved): Change {
  return { state: 'value', contentType, value, ttlSeconds: undefined, expiresAt };
}
