/**
 * A hash of each partition's clock: of each writer one, all together by exclusive or. So it costs
 * what has changed since somebody asked, however many writers there are.
 */
import { encode } from '../encoding/codec.js';
import { hash32 } from '../encoding/hash.js';
import type { PartitionClock } from '../versioning/partition-clock.js';
import type { Writer } from '../versioning/writer.js';

interface Hashed {
  hash: number;
  /** They have changed: what was seen of them is not in the hash. */
  readonly lacking: Set<Writer>;
}

export class ClockHashes {
  readonly #partitions = new Map<number, Hashed>();

  /** More of the writer is about to be seen. */
  willGrow(partition: number, clock: PartitionClock, writer: Writer): void {
    const hashed = this.#partitions.get(partition);
    if (hashed === undefined || hashed.lacking.has(writer)) return;
    hashed.hash ^= hashOfEntry(clock, writer);
    hashed.lacking.add(writer);
  }

  /** It is another clock now. */
  forget(partition: number): void {
    this.#partitions.delete(partition);
  }

  of(partition: number, clock: PartitionClock): number {
    let hashed = this.#partitions.get(partition);
    if (hashed === undefined) {
      hashed = { hash: 0, lacking: new Set(clock.writers()) };
      this.#partitions.set(partition, hashed);
    }
    for (const writer of hashed.lacking) hashed.hash ^= hashOfEntry(clock, writer);
    hashed.lacking.clear();
    return hashed.hash >>> 0;
  }
}

/** 0 of one of whom nothing was seen. */
function hashOfEntry(clock: PartitionClock, writer: Writer): number {
  const entry = clock.entryOf(writer);
  return entry === undefined ? 0 : hash32(encode(entry));
}
