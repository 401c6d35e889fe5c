/** What a load came to: counts, latencies, and the first of each kind of trouble. */
import { LatencyHistogram } from './latency-histogram.js';

export type StressRequestKind = 'get' | 'put';

/** Kinds of trouble that are told apart; beyond them they are counted together. */
const REASONS_MAX = 100;

export class Tally {
  readonly latencies = { get: new LatencyHistogram(), put: new LatencyHistogram() } as const;
  readonly requests = { get: 0, put: 0 };
  readonly successes = { get: 0, put: 0 };
  /** Answers of reads that were judged. */
  correct = 0;
  incorrect = 0;
  /** Stretches of operations on a key that no single copy could have answered. */
  disordered = 0;
  /** Keys whose operations were judged no further: there was always one under way. */
  keysNeverQuiet = 0;
  /** Of answers that lacked what had been acknowledged before they were asked for, by how much. */
  readonly staleness = new LatencyHistogram();
  /** How old answers can be, as they say. */
  readonly bounds = new LatencyHistogram();
  /** Writes that may or may not have happened. */
  unknown = 0;
  /** Requests whose connection broke under them; no failures, but no successes either. */
  broken = 0;
  /** Connections that were refused, their requests going elsewhere. */
  refused = 0;
  /** Requests of the load that failed, each once. */
  failures = 0;
  /** Keys that had no first write when the load began: one was refused, and no more were sent. */
  keysUnprepared = 0;
  /** Keys that were deleted at the end, and those that could not be. */
  keysDeleted = 0;
  keysLeft = 0;
  /** Keys that were read back at the end, and of those the ones that lost a write. */
  keysRead = 0;
  keysLost = 0;
  keysUnread = 0;
  readonly #reasons = new Map<string, number>();
  readonly #codes = new Map<string, number>();

  get isPerfect(): boolean {
    return this.isCorrect && this.failures + this.keysUnprepared + this.keysUnread === 0;
  }

  get isCorrect(): boolean {
    return this.incorrect + this.disordered + this.keysLost === 0;
  }

  get done(): number {
    return this.latencies.get.count + this.latencies.put.count;
  }

  /** Reason -> how often, the first ones that came. */
  get reasons(): ReadonlyMap<string, number> {
    return this.#reasons;
  }

  /** Status and code of the failures -> how many of the requests ended so. */
  get failuresByCode(): ReadonlyMap<string, number> {
    return this.#codes;
  }

  fail(operation: StressRequestKind, code: string): void {
    this.failures += 1;
    countIn(this.#codes, code);
    this.note(`${operation}: ${code}`);
  }

  disorder(key: string, reason: string): void {
    this.disordered += 1;
    this.note(`${key}: ${reason}`);
  }

  note(reason: string): void {
    countIn(this.#reasons, reason);
  }
}

function countIn(counts: Map<string, number>, reason: string): void {
  const isKnown = counts.has(reason) || counts.size < REASONS_MAX;
  const name = isKnown ? reason : 'other';
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
