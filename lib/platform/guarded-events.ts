/** Listeners that strangers reach: what throws in one ends its connection, never the process. */
import type { EventEmitter } from 'node:events';
import type { Cancel, Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { messageOf } from '../errors.js';
import type { LimitedLog } from './limited-log.js';

export interface GuardedEventsOptions {
  /** Label of the metric. */
  readonly listener: 'peers' | 'clients';
  readonly clock: Clock;
  readonly log: LimitedLog;
  readonly observer: Observer;
}

/** An error may quote what a stranger sent. */
const REASON_LENGTH_MAX = 300;

/**
 * Invariant: on an emitter that strangers reach, and for a timer that is about one of them, nothing
 * listens but through here (tests/tidy.test.ts). Emitters and timers have nobody above them who
 * would catch: one throw is the end of the node.
 */
export class GuardedEvents {
  readonly #options: GuardedEventsOptions;

  constructor(options: GuardedEventsOptions) {
    this.#options = options;
  }

  /**
   * Listens until it is cancelled.
   * @param close ends the connection that this is about, after a throw
   */
  on<Args extends unknown[]>(
    emitter: EventEmitter,
    event: string,
    close: (...args: NoInfer<Args>) => void,
    listener: (...args: Args) => void,
  ): Cancel {
    const guarded = this.guarded(event, close, listener) as (...given: unknown[]) => void;
    emitter.on(event, guarded);
    return () => {
      emitter.off(event, guarded);
    };
  }

  /** The same for a timer. */
  after(milliseconds: number, close: () => void, run: () => void): Cancel {
    return this.#options.clock.after(milliseconds, () => {
      this.run('timer', close, run);
    });
  }

  /** The same for what is called in some other way. */
  run(place: string, close: () => void, run: () => void): void {
    this.guarded(place, close, run)();
  }

  /** The same for what is called often: the function is made once. */
  guarded<Args extends unknown[]>(
    place: string,
    close: (...args: NoInfer<Args>) => void,
    run: (...args: Args) => void,
  ): (...args: Args) => void {
    return (...args) => {
      try {
        run(...args);
      } catch (error) {
        this.#report(place, error);
        try {
          close(...args);
        } catch (second) {
          this.#report(`close after ${place}`, second);
        }
      }
    };
  }

  #report(place: string, error: unknown): void {
    const { listener, log, observer } = this.#options;
    observer.count('quorate_listener_failures_total', { listener });
    const reason = messageOf(error).slice(0, REASON_LENGTH_MAX);
    const stack = error instanceof Error ? error.stack?.split('\n').slice(1, 6).join('\n') : '';
    log.log('error', 'a listener for connections failed', { listener, place, reason, stack });
  }
}
