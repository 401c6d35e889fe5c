/** Notices a disk that does not answer: a volume that is frozen, or was lost. */
import type { Cancel, Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { OperatingError } from '../errors.js';
import { diskStalled } from './store-refusals.js';

/** What is asked of the disk, until it comes back. */
export interface OpenCall {
  readonly operation: string;
  /** On the monotonic clock. */
  readonly beganAt: number;
}

/** Between two looks at what is under way. */
const LOOK_MILLISECONDS = 1_000;
/**
 * So many looks see the same call under way: a disk under heavy load takes a second or two for one
 * sync. Looks are counted, not time, so that a process that itself stood still blames no disk.
 */
export const LOOKS_MAX = 5;

/** Pure: the calls that are under way, and how many looks each has seen. */
export class OpenCalls {
  /** In the order in which they began. */
  readonly #looks = new Map<OpenCall, number>();

  get isEmpty(): boolean {
    return this.#looks.size === 0;
  }

  /** The oldest, where it is under way for too long. */
  get stalled(): OpenCall | undefined {
    const [first] = this.#looks;
    if (first === undefined) return undefined;
    const [call, looks] = first;
    return looks >= LOOKS_MAX ? call : undefined;
  }

  begin(operation: string, beganAt: number): OpenCall {
    const call = { operation, beganAt };
    this.#looks.set(call, 0);
    return call;
  }

  end(call: OpenCall): void {
    this.#looks.delete(call);
  }

  /** Time has passed, and these are still under way. */
  look(): void {
    for (const [call, looks] of this.#looks) this.#looks.set(call, looks + 1);
  }
}

/** Says so in the log, once when it begins and once when it ends. */
export class StallWatch {
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #calls = new OpenCalls();
  #logged: OpenCall | undefined;
  /** Of the next look; there is one while something is under way. */
  #cancel: Cancel | undefined;

  constructor({ clock, observer }: { readonly clock: Clock; readonly observer: Observer }) {
    this.#clock = clock;
    this.#observer = observer;
  }

  /** How long the disk has not answered; 0 where it does. */
  get stalledMilliseconds(): number {
    return this.#ageOf(this.#calls.stalled);
  }

  /** Why nothing should begin here that must be on the disk; undefined: it answers. */
  get refusal(): OperatingError | undefined {
    return this.#calls.stalled === undefined ? undefined : diskStalled();
  }

  /** Settles as the task does. */
  async during<T>(operation: string, task: () => Promise<T>): Promise<T> {
    const call = this.#calls.begin(operation, this.#clock.monotonicMilliseconds());
    if (this.#cancel === undefined) this.#lookLater();
    try {
      return await task();
    } finally {
      this.#ended(call);
    }
  }

  #lookLater(): void {
    this.#cancel = this.#clock.after(LOOK_MILLISECONDS, () => {
      this.#look();
      this.#lookLater();
    });
  }

  #look(): void {
    this.#calls.look();
    const { stalled } = this.#calls;
    if (stalled === undefined || this.#logged !== undefined) return;
    this.#logged = stalled;
    const { operation } = stalled;
    const fields = { operation, waitedMilliseconds: this.#ageOf(stalled) };
    this.#observer.log('error', 'the disk does not answer', fields);
  }

  #ended(call: OpenCall): void {
    this.#calls.end(call);
    if (this.#logged !== undefined && this.#calls.stalled === undefined) {
      const fields = { afterMilliseconds: this.#ageOf(this.#logged) };
      this.#observer.log('info', 'the disk answers again', fields);
      this.#logged = undefined;
    }
    if (!this.#calls.isEmpty) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #ageOf(call: OpenCall | undefined): number {
    if (call === undefined) return 0;
    return Math.round(this.#clock.monotonicMilliseconds() - call.beganAt);
  }
}
