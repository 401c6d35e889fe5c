/** Deadlines of what this node does itself: peers are asked with deadlines anyway. */
import type { Clock } from './clock.js';
import { OperatingError } from '../errors.js';

/**
 * When work for another node must be done: the rest of its time is for the way back.
 * @param share of the time that is left, below 1
 */
export function ownDeadline(clock: Clock, deadline: number, share: number): number {
  const now = clock.monotonicMilliseconds();
  return now + (deadline - now) * share;
}

/** @throws OperatingError `deadline_passed`: what was queued may still reach the disk */
export async function byDeadline<T>(
  clock: Clock,
  committed: Promise<T>,
  deadline: number,
): Promise<T> {
  let cancel = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    const left = Math.max(0, deadline - clock.monotonicMilliseconds());
    cancel = clock.after(left, () => {
      const message = 'the disk of this node did not take it in time';
      reject(new OperatingError('deadline_passed', message, { outcome: 'unknown' }));
    });
  });
  try {
    return await Promise.race([committed, late]);
  } finally {
    cancel();
  }
}
