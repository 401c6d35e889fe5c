/** From a dot to its key: a bounded log of the dots that came last (docs/architecture.md, C5). */
import { type Dot, dotText } from '../versioning/dot.js';
import type { RecordKey } from './records.js';

/** Where it does not reach back, whoever asks scans the partition. */
export class RecentDots {
  readonly #countMax: number;
  /** The oldest first. */
  readonly #keys = new Map<string, RecordKey>();

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  add(dot: Dot, at: RecordKey): void {
    this.#keys.set(nameOf(at.partition, dot), at);
    if (this.#keys.size <= this.#countMax) return;
    const [oldest] = this.#keys.keys();
    if (oldest !== undefined) this.#keys.delete(oldest);
  }

  keyOf(partition: number, dot: Dot): RecordKey | undefined {
    return this.#keys.get(nameOf(partition, dot));
  }
}

/** Numbers run per partition. */
function nameOf(partition: number, dot: Dot): string {
  return `${partition} ${dotText(dot)}`;
}
