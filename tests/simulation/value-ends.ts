/** When values end, by what their clients asked for. All in true time; undefined: never. */
import type { Expiry } from '../../lib/checkers/history.js';
import type { Change } from '../../lib/replica/intent.js';
import { EPOCH_MILLISECONDS } from './simulated-clock.js';

type Ttl = number | 'keep' | undefined;

/** What a client said of the end of its value; undefined: it leaves that to a strategy. */
export type AskedEnd = { readonly ttl: Ttl } | undefined;

/**
 * Of a version that is made now. A clock that is right would call it expired then.
 * @param replaced the ends of what it replaces: `keep` is the end of these
 */
export function endOfMade(
  change: Change,
  asked: AskedEnd,
  replaced: () => readonly (number | undefined)[],
  now: number,
): number | undefined {
  if (change.state === 'tombstone') return undefined;
  const { ttl } = asked ?? { ttl: change.ttlSeconds };
  if (typeof ttl === 'number') return now + 1000 * ttl;
  if (ttl === undefined) return asked === undefined ? endOfStored(change.expiresAt) : undefined;
  const ends = replaced();
  if (ends.length === 0 || ends.includes(undefined)) return undefined;
  return Math.max(...ends.map(Number));
}

/** Of a state that is counted now, at `strong`. @param stored by the clock of its proposer */
export function endOfChosen(
  asked: AskedEnd,
  stored: number | undefined,
  now: number,
): number | undefined {
  const end = endOfStored(stored);
  if (asked === undefined || asked.ttl === 'keep') return end;
  return asked.ttl === undefined ? undefined : (end ?? now + 1000 * asked.ttl);
}

function endOfStored(stored: number | undefined): number | undefined {
  return stored === undefined ? undefined : stored - EPOCH_MILLISECONDS;
}

/** @param tolerance by how much sane clocks may miss it; infinite: by anything */
export function expiryOf(
  endsAt: number | undefined,
  tolerance: number,
  isJudged: boolean,
): Expiry | undefined {
  if (endsAt === undefined) return undefined;
  const until = endsAt + tolerance;
  return { from: endsAt - tolerance, until, by: isJudged ? until : Number.POSITIVE_INFINITY };
}
