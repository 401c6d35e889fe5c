/** The world of a simulation: virtual time, chance from a seed, and the trace (docs/testing.md). */
import type { Cancel } from '../../lib/environment/clock.js';
import { hash32Text } from '../../lib/encoding/hash.js';
import type { PlannedEvent } from './event-queue.js';
import { EventQueue } from './event-queue.js';
import { SeededRandom } from './seeded-random.js';

const EVENTS_MAX = 3_000_000;
const EVENTS_A_TURN = 256;

/**
 * Fires the earliest event, waits until all promises have settled, repeats. Everything that happens
 * is an event, so that the seed decides everything.
 */
export class World {
  readonly seed: number;
  /** How often something noteworthy happened, by name. */
  readonly counters = new Map<string, number>();
  /** Shown as they come, where somebody looks. */
  readonly #narrate: ((line: string) => void) | undefined;
  readonly #queue = new EventQueue();
  readonly #afterEvent: (() => void)[] = [];
  #now = 0;
  #planned = 0;
  #happened = 0;
  #digests: [number, number] = [1, 2];

  constructor(seed: number, narrate?: (line: string) => void) {
    this.seed = seed;
    this.#narrate = narrate;
  }

  /** Virtual milliseconds since the beginning of the world. */
  get now(): number {
    return this.#now;
  }

  get eventCount(): number {
    return this.#happened;
  }

  /** Of everything that has happened: equal for equal seeds, in any process. */
  get digest(): string {
    return this.#digests.map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('');
  }

  random(purpose: string): SeededRandom {
    return new SeededRandom(this.seed, purpose);
  }

  /** Plans an event, `delayMilliseconds` from now. */
  after(delayMilliseconds: number, kind: string, happen: () => void): Cancel {
    const event: PlannedEvent = {
      at: this.#now + Math.max(0, delayMilliseconds),
      order: this.#planned,
      kind,
      cancelled: false,
      happen,
    };
    this.#planned += 1;
    this.#queue.add(event);
    return () => {
      event.cancelled = true;
    };
  }

  wait(delayMilliseconds: number, kind: string): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMilliseconds, kind, resolve);
    });
  }

  /** Calls back when an event and all that it set off have come to rest. */
  onRest(callback: () => void): void {
    this.#afterEvent.push(callback);
  }

  count(name: string, by = 1): void {
    this.counters.set(name, (this.counters.get(name) ?? 0) + by);
  }

  /** Adds to the trace. */
  note(text: string): void {
    this.#mix(hash32Text(text));
    this.#narrate?.(`${this.#time} ${text}`);
  }

  /** Adds a number to the trace: cheap, and no two traces alike by chance. */
  noteNumber(number: number): void {
    this.#mix(number);
  }

  get #time(): string {
    return this.#now.toFixed(3).padStart(12);
  }

  /** Two lanes of multiply and rotate. */
  #mix(number: number): void {
    const [a, b] = this.#digests;
    const one = Math.imul(a ^ number, 0x9e3779b1);
    const other = Math.imul(b + number, 0x85ebca77) ^ one;
    this.#digests = [(one << 13) | (one >>> 19), (other << 7) | (other >>> 25)];
  }

  /** Lets the world go on until the promise settles. Rejects where nothing is left to happen. */
  async runUntil<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    while (!settled) await this.#goOn(() => settled);
    return promise;
  }

  /** Many events in one turn of the event loop: promises settle between any two immediates. */
  #goOn(isOver: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let over = false;
      const once = (): void => {
        if (over) return;
        try {
          this.#rest();
          over = isOver();
          if (!over && !this.#happen()) throw new Error('the world stands still');
        } catch (error) {
          over = true;
          reject(error as Error);
        }
      };
      for (let i = 0; i < EVENTS_A_TURN; i += 1) setImmediate(once);
      setImmediate(resolve);
    });
  }

  /** One event and all that follows from it at once. False: there is none. */
  async step(): Promise<boolean> {
    if (!this.#happen()) return false;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.#rest();
    return true;
  }

  /** The earliest event. False: there is none. */
  #happen(): boolean {
    const event = this.#queue.take();
    if (event === undefined) return false;
    this.#happened += 1;
    if (this.#happened > EVENTS_MAX) throw new Error('the world does not come to an end');
    this.#now = Math.max(this.#now, event.at);
    // Most of what happens are events: their numbers and times tell them apart.
    this.#mix(event.order);
    this.#mix(this.#now * 1024);
    this.#narrate?.(`${this.#time} ${event.kind}`);
    event.happen();
    return true;
  }

  /** All that promises have to say comes before the next immediate. */
  #rest(): void {
    for (const callback of this.#afterEvent) callback();
  }
}
