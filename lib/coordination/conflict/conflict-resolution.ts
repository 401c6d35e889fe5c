/** Siblings that become one value: at a read by the setting, or by request (Dynamo 4.4, 6.1). */
import type { Observer } from '../../environment/observer.js';
import type { NodeId } from '../../environment/transport.js';
import { assert, OperatingError } from '../../errors.js';
import type { ExpiryClock } from '../../persistence/expiry-clock.js';
import type { Change } from '../../replica/intent.js';
import type { Plans } from '../../replication/plan.js';
import { droppedVersion } from '../../resolution/audit-entry.js';
import type { Resolver } from '../../resolution/resolver.js';
import { type StrategyName, STRATEGY_NAMES } from '../../resolution/strategies.js';
import type { Resolved } from '../../resolution/strategy.js';
import { covers } from '../../versioning/context.js';
import { encodePast, joinPasts } from '../../versioning/past.js';
import type { Seen } from '../../versioning/context.js';
import { parseDot } from '../../versioning/dot.js';
import {
  liveVersions,
  seenIn,
  type Siblings,
  type Version,
  write,
} from '../../versioning/siblings.js';
import { parseLevel } from '../request/level.js';
import type { LevelPaths } from '../path/level-paths.js';
import type { Put, PutResult } from '../request/put-request.js';
import type { Got } from '../read/read-effects.js';
import type { Get } from '../read/reads.js';
import type { ResolveRequest } from '../request/request.js';

/** Where the siblings are others by the time that their resolution is minted, it reads again. */
const READS_MAX = 2;

export interface ConflictResolutionOptions {
  readonly self: NodeId;
  readonly plans: Plans;
  readonly paths: LevelPaths;
  readonly resolver: Resolver;
  readonly expiryClock: ExpiryClock;
  readonly observer: Observer;
}

export type ResolveBy =
  | { readonly kind: 'strategy'; readonly strategy: StrategyName }
  | {
      readonly kind: 'value';
      readonly contentType: string;
      readonly value: Uint8Array;
      /** As that of a put that names none; undefined: it has no end. */
      readonly ttlSeconds: number | undefined;
    };

const NAMES = STRATEGY_NAMES.filter((name) => name !== 'siblings');

/**
 * @param ttlSeconds of a value that is put, by the namespace
 * @throws OperatingError `invalid_request`: no strategy that resolves, on this node
 */
export function resolveByOf(
  resolution: ResolveRequest['resolution'],
  { hasCustom }: Resolver,
  ttlSeconds: number | undefined,
): ResolveBy {
  if (resolution.kind === 'value') return { ...resolution, ttlSeconds };
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

export interface Resolve extends Pick<Put, 'durability' | 'zone' | 'once'> {
  readonly read: Get;
  /** What the client has been shown. */
  readonly seen: Seen;
  readonly by: ResolveBy;
  readonly who: string;
}

interface Preview {
  readonly resolved: Resolved;
  readonly siblings: readonly Version[];
  /** All that the read has met. */
  readonly met: Seen;
}

export class ConflictResolution {
  readonly #options: ConflictResolutionOptions;

  constructor(options: ConflictResolutionOptions) {
    this.#options = options;
  }

  /**
   * A read under a strategy: what it finds in conflict is resolved before it answers, by a put at
   * the level that held. Where that fails the siblings are answered: nothing is decided then.
   */
  get(request: Get, strategy: StrategyName): Got | Promise<Got> {
    if (strategy === 'siblings') return this.#options.paths.get(request);
    return this.#getSettled(request, strategy);
  }

  async #getSettled(request: Get, strategy: StrategyName): Promise<Got> {
    for (let reads = 1; ; reads += 1) {
      const got = await this.#options.paths.get(request);
      const settled = await this.#settle(request, got, strategy);
      if (settled !== 'changed') return settled;
      if (reads === READS_MAX) return got;
    }
  }

  async #settle(
    { at, deadline, session, past: own, explanation }: Get,
    got: Got,
    strategy: StrategyName,
  ): Promise<Got | 'changed'> {
    const { self, plans, paths, resolver, expiryClock, observer } = this.#options;
    const { merged, level } = got;
    const siblings = liveVersions(merged, expiryClock.now());
    // Stand-ins have no say in what becomes of siblings that the primaries hold.
    if (merged === undefined || siblings.length < 2 || got.answered === 0) return got;
    const resolved = resolver.resolve(strategy, siblings);
    if (resolved === undefined) return got;
    const { zone, epoch } = plans.of(at.partition);
    const past = joinedPast(own, siblings);
    try {
      const result = await paths.put({
        ...{ at, deadline, zone, forwarded: false, session, past, explanation },
        change: changeOf(resolved),
        seen: seenIn(merged),
        levels: [parseLevel(level, 'write')],
        durability: 'sync',
        resolving: { strategy, by: self, dropped: siblings.map(droppedVersion) },
      });
      return { ...got, merged: after(merged, resolved, result, epoch, past) };
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      const { code } = error;
      observer.count('quorate_resolutions_total', { strategy, result: code });
      return code === 'version_changed' ? 'changed' : got;
    }
  }

  /**
   * Resolves what the context shows, if that is what is there.
   * @throws OperatingError `version_changed`; `siblings` where the strategy cannot; and as a put
   */
  async resolve({ read, seen, by, who, once, durability, zone }: Resolve): Promise<PutResult> {
    const { at, levels, deadline, session, past, explanation } = read;
    const { resolved, siblings, met } = await this.preview({ read, seen, by });
    return this.#options.paths.put({
      ...{ at, levels, deadline, durability, zone, session, explanation, once },
      // A strategy has weighed what the read has met: what else the client was shown stays.
      seen: by.kind === 'value' ? seen : met,
      past: joinedPast(past, siblings),
      forwarded: false,
      change: changeOf(resolved, by.kind === 'value' ? by.ttlSeconds : undefined),
      resolving: {
        strategy: by.kind === 'value' ? 'value' : by.strategy,
        by: who,
        dropped: siblings.map(droppedVersion),
      },
    });
  }

  /**
   * What a resolution would keep, and the siblings that it is made of; nothing is written.
   * @throws OperatingError as `resolve`
   */
  async preview({ read, seen, by }: Pick<Resolve, 'read' | 'seen' | 'by'>): Promise<Preview> {
    const { paths, expiryClock } = this.#options;
    const { merged } = await paths.get(read);
    const live = liveVersions(merged, expiryClock.now());
    const siblings = live.filter(({ dot }) => covers(seen, dot));
    const isOther = siblings.length < 2 || siblings.length < live.length;
    if (merged === undefined || isOther) throw changed(live, siblings);
    const resolved =
      by.kind === 'value'
        ? { ...by, expiresAt: undefined }
        : this.#byStrategy(by.strategy, siblings);
    return { resolved, siblings, met: seenIn(merged) };
  }

  #byStrategy(strategy: StrategyName, siblings: readonly Version[]): Resolved {
    const found = this.#options.resolver.resolve(strategy, siblings);
    if (found !== undefined) return found;
    throw new OperatingError('siblings', `"${strategy}" does not resolve these values; they stay`, {
      details: { strategy },
    });
  }
}

/** What was made of siblings has the causes of each. */
function joinedPast(
  own: Uint8Array | undefined,
  siblings: readonly Version[],
): Uint8Array | undefined {
  return encodePast(joinPasts([own, ...siblings.map(({ past }) => past)]));
}

/** What the read has met, with the result in the place of the siblings. */
function after(
  merged: Siblings,
  { contentType, value, expiresAt }: Resolved,
  { version, writtenAt }: PutResult,
  epoch: number,
  past: Uint8Array | undefined,
): Siblings {
  const dot = parseDot(version);
  assert(dot !== undefined, 'a put answers with a dot');
  const made: Version = { dot, state: 'value', contentType, value, writtenAt, expiresAt, past };
  return write(merged, merged.context, made, epoch);
}

function changed(live: readonly Version[], siblings: readonly Version[]): OperatingError {
  const message =
    siblings.length < live.length
      ? 'there are siblings that this context does not show; read them first'
      : 'there is no conflict any more';
  return new OperatingError('version_changed', message, { details: { siblings: live.length } });
}

/** @param ttlSeconds beats the end of what was resolved */
function changeOf({ contentType, value, expiresAt }: Resolved, ttlSeconds?: number): Change {
  return { state: 'value', contentType, value, ttlSeconds, expiresAt };
}
