/** When a slow replica is not waited for any longer (Dean, Barroso: The Tail at Scale, 2013). */
import { greatestOf } from '../encoding/extremes.js';
import type { Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';
import type { Plan } from './plan.js';

/** The last answers of a replica in the present period. */
interface Window {
  /** When the period began, on the monotonic clock. */
  readonly since: number;
  /** Milliseconds; the i-th lies at i modulo `WINDOW`. */
  readonly times: Float64Array;
  count: number;
  /** Of the answers 95 in 100 took no longer, in milliseconds; 0: they are too few yet. */
  slow: number;
}

const WINDOW = 64;
/** Answers between two looks at the window. */
const STEP = 16;
const SLOW = 0.95;
/** What was measured in one period holds in the next, until that has enough answers. */
const PERIOD_MILLISECONDS = 10_000;

/**
 * A silent replica is waited for as long as another one would take to answer. Where all replicas
 * are slow because of load, hedges would only add to the load.
 */
export class Hedging {
  readonly #clock: Clock;
  readonly #delayMilliseconds: number;
  readonly #windows = new Map<NodeId, Window>();

  /** @param delayMilliseconds the least wait, however fast the other replicas are */
  constructor(clock: Clock, delayMilliseconds: number) {
    this.#clock = clock;
    this.#delayMilliseconds = delayMilliseconds;
  }

  /** @param since on the monotonic clock: when `node` was asked what it has answered now */
  note(node: NodeId, since: number): void {
    const now = this.#clock.monotonicMilliseconds();
    const window = this.#windowAt(node, now);
    window.times[window.count % WINDOW] = now - since;
    window.count += 1;
    if (window.count % STEP === 0) window.slow = slowest(window);
  }

  /**
   * How long to wait for those `asked`, in milliseconds: half of what is `left` at most, so that
   * the fastest of the others finds time to answer, but never less than the least.
   */
  patience({ order }: Pick<Plan, 'order'>, asked: readonly NodeId[], left: number): number {
    let expected = left / 2;
    for (const node of order) {
      if (!asked.includes(node)) expected = Math.min(expected, this.#slow(node));
    }
    return Math.max(this.#delayMilliseconds, expected);
  }

  /** How long the slowest of these usually takes, in milliseconds; 0: nobody knows yet. */
  slowestOf(nodes: readonly NodeId[]): number {
    return greatestOf([0, ...nodes.map((node) => this.#slow(node))]);
  }

  #windowAt(node: NodeId, now: number): Window {
    const known = this.#windows.get(node);
    if (known !== undefined && now - known.since <= PERIOD_MILLISECONDS) return known;
    const slow = known !== undefined && known.count >= STEP ? this.#slow(node) : 0;
    const window = { since: now, times: known?.times ?? new Float64Array(WINDOW), count: 0, slow };
    this.#windows.set(node, window);
    return window;
  }

  #slow(node: NodeId): number {
    const window = this.#windows.get(node);
    if (window === undefined) return 0;
    const age = this.#clock.monotonicMilliseconds() - window.since;
    return age > 2 * PERIOD_MILLISECONDS ? 0 : window.slow;
  }
}

function slowest({ times, count }: Window): number {
  const sorted = times.slice(0, Math.min(count, WINDOW)).sort();
  return sorted[Math.floor(SLOW * (sorted.length - 1))] ?? 0;
}
