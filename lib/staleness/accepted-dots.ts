/** Which versions are accepted at `strong` here, and not learned: they may be acknowledged (B2). */
import { OperatingError } from '../errors.js';
import type { RecordKey } from '../persistence/keyspace.js';
import type { StoredAcceptor } from '../replica/stored-acceptor.js';
import type { Dot } from '../versioning/dot.js';

/** `unknown`: too many, or one cannot be read. Nothing of the partition is vouched for then. */
export type OpenDots = readonly Dot[] | 'unknown';
/** By partition. One that is missing has none. */
export type Accepted = ReadonlyMap<number, OpenDots>;

export type Acceptances = Pick<StoredAcceptor, 'accepted' | 'acceptanceOf'>;

/** More versions are not reported, of all partitions together. */
const ACCEPTED_MAX = 1000;
const NONE: Accepted = new Map();

/**
 * Every version of an accepted state counts: one that was proposed on top of another stands for
 * both. Partitions with few keys come first: one with too many takes no room from them.
 */
export function acceptedDots(acceptances: Acceptances): Accepted {
  const byPartition = new Map<number, RecordKey[]>();
  for (const at of acceptances.accepted()) {
    const keys = byPartition.get(at.partition);
    if (keys === undefined) byPartition.set(at.partition, [at]);
    else keys.push(at);
  }
  if (byPartition.size === 0) return NONE;
  const found = new Map<number, OpenDots>();
  let left = ACCEPTED_MAX;
  const fewestFirst = [...byPartition].sort(([, a], [, b]) => a.length - b.length);
  for (const [partition, keys] of fewestFirst) {
    const dots = dotsOf(acceptances, keys, left);
    if (dots !== 'unknown') left -= dots.length;
    found.set(partition, dots);
  }
  return found;
}

function dotsOf(acceptances: Acceptances, keys: readonly RecordKey[], most: number): OpenDots {
  // Each has a version: no more are read than may be reported.
  if (keys.length > most) return 'unknown';
  const dots: Dot[] = [];
  for (const at of keys) {
    try {
      const { state, dot } = acceptances.acceptanceOf(at) ?? {};
      for (const version of state?.versions ?? []) dots.push(version.dot);
      if (dot !== undefined) dots.push(dot);
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      return 'unknown';
    }
    if (dots.length > most) return 'unknown';
  }
  return dots;
}
