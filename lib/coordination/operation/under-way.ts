/** May the request that began an operation still carry it out? */
import { type ExpiryClock, futureFrom } from '../../persistence/expiry-clock.js';
import type { BegunOperation } from './operation-record.js';

export interface UnderWayOptions {
  /** Dates what other nodes judge. */
  readonly expiryClock: ExpiryClock;
  readonly timeoutMaxMilliseconds: number;
}

/** What no request can wait for was dated by a clock that was wrong: it counts as over. */
export function isUnderWay(
  { until }: Pick<BegunOperation, 'until'>,
  { expiryClock, timeoutMaxMilliseconds }: UnderWayOptions,
): boolean {
  const now = expiryClock.stamp();
  const { skewMaxMilliseconds } = expiryClock;
  const isPossible = until <= futureFrom(now, expiryClock) + timeoutMaxMilliseconds;
  return isPossible && now < until + skewMaxMilliseconds;
}
