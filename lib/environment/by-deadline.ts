/** Deadlines of what this node does itself: peers are asked with deadlines anyway. */
import type { Clock } from './clock.js';
import type { OperatingError } from '../errors.js';

/**
 * When work for another node must be done: the rest of its time is for the way back.
 * @param share of the time that is left, below 1
 */
export function ownDeadline(clock: Clock, deadline: number, share: number): number {
  const now = clock.monotonicMilliseconds();
  return now + (deadline - now) * share;
}

/** Rejects with `late()` where the work has not ended by then; it goes on all the same. */
export async function byDeadline<T>(
  clock: Clock,
  work: Promise<T>,
  deadline: number,
  late: () => OperatingError,
): Promise<T> {
  let cancel = (): void => undefined;
  const passed = new Promise<never>((_, reject) => {
    const left = Math.max(0, deadline - clock.monotonicMilliseconds());
    cancel = clock.after(left, () => reject(late()));
  });
  try {
    return await Promise.race([work, passed]);
  } finally {
    cancel();
  }
}

/** @throws what `late` makes, where nothing is left */
export function timeLeft(clock: Clock, deadline: number, late: () => OperatingError): number {
  const left = deadline - clock.monotonicMilliseconds();
  if (left <= 0) throw late();
  return left;
}
