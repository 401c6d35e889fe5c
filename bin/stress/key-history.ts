/** What happened to one key under load, and which answers of a read it allows (docs/testing.md). */
import { greatestOf } from '../../lib/encoding/extremes.js';
import { assert } from '../../lib/errors.js';
import type { OrderWindow } from './order-window.js';
import { sequenceOf } from './stress-value.js';

export type StressOutcome = 'acknowledged' | 'unknown' | 'none';

/** So many acknowledged writes have their times kept: what is staler is at least that stale. */
const TIMES_MAX = 64;

/** At the start of a read: what its answer must not fall behind. */
export type Floor = number;

/**
 * One writer at a time, whose writes count 1, 2, 3... and replace what is there. So a write that
 * was acknowledged is covered by every later one that was. Only one that is under way, or whose
 * outcome is unknown, may stand beside others: where its coordinator died, nobody may have learned
 * what the other replicas held (docs/architecture.md, B). Memory stays small: what is below the
 * last acknowledged write needs no entry.
 */
export class KeyHistory {
  readonly key: string;
  #last = 0;
  #acknowledged = 0;
  /** The newest that any read has answered with: reads do not go back in time. */
  #seen = 0;
  #pending: number | undefined;
  readonly #unknown = new Set<number>();
  readonly #refused = new Set<number>();
  /** When the latest writes were acknowledged. */
  readonly #acknowledgedAt: { readonly sequence: number; readonly at: number }[] = [];
  /** Undefined: the order is not judged, since not all is decided at `strong`. */
  readonly order: OrderWindow | undefined;

  constructor(key: string, order?: OrderWindow) {
    this.key = key;
    this.order = order;
  }

  /** Is a write under way? */
  get isBusy(): boolean {
    return this.#pending !== undefined;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Was something written, or may it have been? */
  get mayExist(): boolean {
    return this.#acknowledged > 0 || this.#unknown.size > 0;
  }

  /** Was nobody told what became of this write? */
  isUnknown(sequence: number): boolean {
    return this.#unknown.has(sequence);
  }

  beginWrite(): number {
    assert(this.#pending === undefined, 'a key has one writer at a time');
    this.#last += 1;
    this.#pending = this.#last;
    return this.#last;
  }

  /** @param now in milliseconds, on the clock of `stalenessOf` */
  endWrite(sequence: number, outcome: StressOutcome, now = performance.now()): void {
    assert(this.#pending === sequence, 'the write that ends is the one that began');
    this.#pending = undefined;
    if (outcome === 'acknowledged') this.#noteAcknowledged(sequence, now);
    else if (outcome === 'unknown') this.#unknown.add(sequence);
    else this.#refused.add(sequence);
  }

  #noteAcknowledged(sequence: number, at: number): void {
    this.#acknowledged = sequence;
    this.#acknowledgedAt.push({ sequence, at });
    if (this.#acknowledgedAt.length > TIMES_MAX) this.#acknowledgedAt.shift();
  }

  /**
   * How old an answer was against real time: since when, as the read began, the first write that it
   * lacks had been acknowledged. Undefined: it lacks none.
   * @param values what the read found; they were judged before
   */
  stalenessOf(values: readonly unknown[], began: number): number | undefined {
    const newest = greatestOf(values.map((value) => sequenceOf(value, this.key) ?? 0));
    const missed = this.#acknowledgedAt.find(({ sequence, at }) => sequence > newest && at < began);
    return missed === undefined ? undefined : began - missed.at;
  }

  /** Of what had been acknowledged by then: at least this. Long ago it may have been more. */
  floorAt(moment: number): Floor {
    return this.#acknowledgedAt.findLast(({ at }) => at < moment)?.sequence ?? 0;
  }

  floor(): Floor {
    return Math.max(this.#acknowledged, this.#seen);
  }

  /**
   * @param values what the read found: none, one, or siblings
   * @param floor taken when the read began
   * @param isStrict did reads and writes overlap in a replica? Else stale answers are allowed
   * @returns what is wrong with the answer
   */
  judge(values: readonly unknown[], floor: Floor, isStrict: boolean): string | undefined {
    const sequences: number[] = [];
    for (const value of values) {
      const sequence = sequenceOf(value, this.key);
      if (sequence === undefined) return 'a value that is torn, or of another key';
      if (sequence < 1 || sequence > this.#last) return `value ${sequence} was never written`;
      if (this.#refused.has(sequence)) return `write ${sequence} had been refused, nothing done`;
      sequences.push(sequence);
    }
    if (new Set(sequences).size < sequences.length) return 'the same value twice among siblings';
    return isStrict ? this.#judgeOrder(sequences, floor) : undefined;
  }

  /** Where siblings are allowed: is the newest at least there? `values` were judged before. */
  judgeNewest(values: readonly unknown[], floor: Floor): string | undefined {
    const newest = Math.max(0, greatestOf(values.map((value) => sequenceOf(value, this.key) ?? 0)));
    return newest < floor ? `the newest is ${newest}, though ${floor} was acknowledged` : undefined;
  }

  #judgeOrder(sequences: number[], floor: Floor): string | undefined {
    const newest = Math.max(0, greatestOf(sequences));
    if (newest < floor) return `write ${newest} was answered where ${floor} was there before`;
    // One that has not ended, or ended nobody knows how, need not have met what is there.
    const isOpen = this.#unknown.has(newest) || newest === this.#pending;
    const covered = sequences.find((one) => one !== newest && !isOpen && !this.#unknown.has(one));
    if (covered !== undefined) return `sibling ${covered} was there before ${newest} was begun`;
    this.#seen = Math.max(this.#seen, newest);
    return undefined;
  }
}
