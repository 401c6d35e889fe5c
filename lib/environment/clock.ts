/** Time as a port: a wall clock that may jump, a monotonic one that may not, one-shot timers. */

/** Stops a timer that has not fired; harmless afterwards. */
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since 1970, as this machine believes. For display and TTL; orders nothing. */
  wallMilliseconds(): number;
  /** Milliseconds since some fixed moment; never goes back. For deadlines and durations. */
  monotonicMilliseconds(): number;
  /** Runs `callback` once, at least `delayMilliseconds` from now. */
  after(delayMilliseconds: number, callback: () => void): Cancel;
}
