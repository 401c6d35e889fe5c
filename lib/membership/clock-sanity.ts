/** Is the wall clock of this node sane? How far it is from those of all members. */
import { leastOf } from '../encoding/extremes.js';
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import { majority } from '../replication/quorum.js';

export interface ClockVerdict {
  /** May this node judge what has expired, and give an end to what is written? */
  readonly sane: boolean;
  /** Own wall clock less the median of all; undefined where too few members are known. */
  readonly skewMilliseconds: number | undefined;
}

export interface ClockSanityOptions {
  readonly clock: Clock;
  readonly observer: Observer;
  /** Nodes of the ring, this one included. */
  readonly memberCount: () => number;
  readonly clockSkewMaxMilliseconds: number;
}

interface Estimate {
  /** The peer's wall clock less the monotonic clock of this node. */
  readonly offsetMilliseconds: number;
  /** On the monotonic clock. */
  readonly takenAt: number;
}

/** A monotonic clock that drifts by 200 ppm is wrong by a tenth of a second by then. */
const ESTIMATE_AGE_MAX_MILLISECONDS = 600_000;
/** An estimate may be wrong by half of its round trip: at most by a quarter of the skew allowed. */
const ROUND_TRIP_SHARE = 0.5;

/**
 * The median of all clocks that are known: it lies among the right ones where those are more than
 * half of them. One who knows fewer than a majority of the members does not know what is right.
 * @param own and `others` (ascending) on one scale, in milliseconds
 */
export function judgeClock(
  own: number,
  others: readonly number[],
  { memberCount, skewMax }: { readonly memberCount: number; readonly skewMax: number },
): ClockVerdict {
  const count = others.length + 1;
  if (count < majority(memberCount)) return { sane: false, skewMilliseconds: undefined };
  const below = others.findIndex((other) => other >= own);
  const place = below < 0 ? others.length : below;
  // Every read and write asks: nothing is sorted, and no list is made.
  const nth = (n: number): number => (n === place ? own : (others[n < place ? n : n - 1] ?? own));
  const middle = (count - 1) / 2;
  const skewMilliseconds = own - (nth(Math.floor(middle)) + nth(Math.ceil(middle))) / 2;
  return { sane: Math.abs(skewMilliseconds) <= skewMax, skewMilliseconds };
}

/**
 * Wall clocks of peers, as heartbeats have them. They are kept against the own **monotonic** clock:
 * when the own wall clock jumps, it is away from all of them at once.
 */
export class ClockSanity implements ExpiryClock {
  readonly #options: ClockSanityOptions;
  readonly #estimates = new Map<NodeId, Estimate>();
  /** Those that are not too old, ascending, until one is. */
  #offsets: readonly number[] = [];
  #offsetsUntil = Number.NEGATIVE_INFINITY;
  #wasSane: boolean | undefined;

  constructor(options: ClockSanityOptions) {
    this.#options = options;
  }

  get verdict(): ClockVerdict {
    const { clock, clockSkewMaxMilliseconds: skewMax } = this.#options;
    const memberCount = this.#options.memberCount();
    const now = clock.monotonicMilliseconds();
    const others = this.#recentOffsets(now);
    return judgeClock(clock.wallMilliseconds() - now, others, { memberCount, skewMax });
  }

  #recentOffsets(now: number): readonly number[] {
    if (now <= this.#offsetsUntil) return this.#offsets;
    const recent = [...this.#estimates.values()].filter(
      ({ takenAt }) => now - takenAt <= ESTIMATE_AGE_MAX_MILLISECONDS,
    );
    const oldest = leastOf(recent.map(({ takenAt }) => takenAt));
    this.#offsetsUntil = oldest + ESTIMATE_AGE_MAX_MILLISECONDS;
    this.#offsets = recent.map(({ offsetMilliseconds }) => offsetMilliseconds).sort(ascending);
    return this.#offsets;
  }

  now(): number | undefined {
    return this.verdict.sane ? this.#options.clock.wallMilliseconds() : undefined;
  }

  stamp(): number {
    const { sane, skewMilliseconds = 0 } = this.verdict;
    const wall = this.#options.clock.wallMilliseconds();
    return sane ? wall : wall - Math.round(skewMilliseconds);
  }

  agreed(): number | undefined {
    return this.verdict.skewMilliseconds === undefined ? undefined : this.stamp();
  }

  get skewMaxMilliseconds(): number {
    return this.#options.clockSkewMaxMilliseconds;
  }

  /** @param asked and `answered` on the monotonic clock; `wall` was read in between */
  note(peer: NodeId, wall: number, asked: number, answered: number): void {
    const { clockSkewMaxMilliseconds } = this.#options;
    if (answered - asked > ROUND_TRIP_SHARE * clockSkewMaxMilliseconds) return;
    const offsetMilliseconds = wall - (asked + answered) / 2;
    this.#estimates.set(peer, { offsetMilliseconds, takenAt: answered });
    this.#offsetsUntil = Number.NEGATIVE_INFINITY;
    this.#report();
  }

  #report(): void {
    const { observer } = this.#options;
    const { sane, skewMilliseconds } = this.verdict;
    observer.measure('quorate_clock_sane', sane ? 1 : 0);
    if (skewMilliseconds === undefined) return;
    observer.measure('quorate_clock_skew_seconds', skewMilliseconds / 1000);
    if (this.#wasSane === sane) return;
    this.#wasSane = sane;
    const fields = { skewMilliseconds: Math.round(skewMilliseconds) };
    if (sane) observer.log('info', 'the clock agrees with those of the other nodes', fields);
    else observer.log('warn', 'the clock differs from those of the other nodes', fields);
  }
}

function ascending(a: number, b: number): number {
  return a - b;
}
