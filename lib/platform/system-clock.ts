/** The clock port over this machine. */
import { performance } from 'node:perf_hooks';
import type { Cancel, Clock } from '../environment/clock.js';

/** The longest delay of a timer; a longer one would fire at once. */
const DELAY_MAX_MILLISECONDS = 2_147_483_647;

export class SystemClock implements Clock {
  wallMilliseconds(): number {
    return Date.now();
  }

  monotonicMilliseconds(): number {
    return performance.now();
  }

  after(delayMilliseconds: number, callback: () => void): Cancel {
    // A turn's timers count from its beginning, and a long delay wraps: look again before the call.
    const due = performance.now() + delayMilliseconds;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = Math.max(0, Math.ceil(due - performance.now()));
      timer = setTimeout(fire, Math.min(left, DELAY_MAX_MILLISECONDS));
    };
    const fire = (): void => {
      if (performance.now() < due) arm();
      else callback();
    };
    arm();
    return () => {
      clearTimeout(timer);
    };
  }
}
