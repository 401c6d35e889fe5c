/**
 * The rings that count at a moment, by epoch. Today there is one, as it was founded; while a ring
 * changes there will be two, and a partition then has a set of owners in each (ownership.ts).
 */
import { assert } from '../errors.js';
import type { Ring } from './ring.js';

/**
 * How the epoch of a message, a record or a context stands to the rings that count here.
 * `unfounded`: made before there was a ring. `newer`: made under a ring that is not known here.
 */
export type EpochStanding = 'unfounded' | 'older' | 'live' | 'newer';

/** Immutable: another history is another object. */
export class RingHistory {
  /** The latest last. */
  readonly live: readonly Ring[];
  /** The ring of the latest epoch. */
  readonly current: Ring;

  constructor(live: readonly Ring[]) {
    const current = live.at(-1);
    assert(current !== undefined, 'there is a ring');
    const ascend = live.every((ring, i) => i === 0 || ring.epoch > (live[i - 1]?.epoch ?? 0));
    assert(ascend, 'the epochs of a history ascend');
    const alike = live.every(({ partitionCount }) => partitionCount === current.partitionCount);
    assert(alike, 'rings that count at the same time have the same partitions');
    this.live = live;
    this.current = current;
  }

  /** Of an epoch, 0 before the founding. */
  standingOf(epoch: number): EpochStanding {
    if (epoch === 0) return 'unfounded';
    if (epoch > this.current.epoch) return 'newer';
    return this.live.some((ring) => ring.epoch === epoch) ? 'live' : 'older';
  }
}

const histories = new WeakMap<Ring, RingHistory>();

/** The history of a ring that does not change: the same object at every call. */
export function historyOf(ring: Ring): RingHistory {
  let history = histories.get(ring);
  if (history === undefined) {
    history = new RingHistory([ring]);
    histories.set(ring, history);
  }
  return history;
}
