/** Time for a level and its fallbacks: a level that hangs must leave some to those below it. */
import type { Clock } from '../environment/clock.js';

/**
 * Until when to wait for a level, with `below` fallbacks under it: an equal share of what is left.
 * @param deadline on the monotonic clock, as is the answer
 */
export function shareOfTime(clock: Clock, deadline: number, below: number): number {
  const now = clock.monotonicMilliseconds();
  return now + Math.max(0, deadline - now) / (below + 1);
}
