/** What a request leaves open, and the cluster or its namespace says. */
import type { StrategyName } from '../../resolution/strategies.js';
import type { Durability } from '../../persistence/store.js';
import type { Change } from '../../replica/intent.js';
import type { SessionToken } from '../../versioning/session-token.js';
import type { BlindWrites } from './blind-writes.js';
import type { PutRequest } from './request.js';

/** What the cluster's settings say of a request that does not. */
export interface Defaults {
  readonly readLevel: string;
  readonly writeLevel: string;
  readonly readRepairProbability: number;
  readonly blindWrites: BlindWrites;
  readonly conflictResolution: StrategyName;
  /** Of writes that are of no session: what a token names is synced first. */
  readonly durability: Durability;
  /** Of values that are put without a time to live; undefined: they have no end. */
  readonly ttlSeconds: number | undefined;
}

/** A value without a time to live has that of the namespace. */
export function changeUnder({ ttlSeconds }: Pick<Defaults, 'ttlSeconds'>, change: Change): Change {
  if (ttlSeconds === undefined || change.state !== 'value') return change;
  return change.ttlSeconds === undefined ? { ...change, ttlSeconds } : change;
}

/** What a session token names is synced first, whatever the namespace says. */
export function writeDurability(
  { durability }: Pick<PutRequest, 'durability'>,
  token: SessionToken | undefined,
  byDefault: Pick<Defaults, 'durability'>,
): Durability {
  return durability ?? (token === undefined ? byDefault.durability : 'sync');
}
