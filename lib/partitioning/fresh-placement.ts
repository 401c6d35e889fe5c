/** A first placement: exact by construction, then scattered (docs/ring.md). */
import type { Assignment } from './assignment.js';
import { at, scatter, upTo } from './numbers.js';

/** Exchanges tried for each slot: enough that no trace of the construction is left. */
const EXCHANGES_PER_SLOT = 8;

const SEED = 0x51_07_a7_e5;

/**
 * Fills an empty assignment so that every node holds exactly its quota.
 *
 * The nodes, zone by zone, each take their quota of places in a row that runs through all
 * partitions again and again (McNaughton's wrap-around rule). A node takes at most Q places in a
 * row, so it meets no partition twice; a zone with between k x Q and (k + 1) x Q places meets each
 * k or k + 1 times. That leaves neighbours that share everything, so random exchanges of two
 * copies follow, which change no count: when a node dies, its load falls on all the others.
 */
export function placeFresh(assignment: Assignment): void {
  const { partitionCount, copies, zones, quotas } = assignment.layout;
  const nodes = upTo(zones.length).sort((a, b) => at(zones, a) - at(zones, b) || a - b);
  let place = 0;
  for (const node of nodes) {
    for (let taken = 0; taken < at(quotas, node); taken += 1) {
      const slot = (place % partitionCount) * copies + Math.floor(place / partitionCount);
      assignment.give(slot, node);
      place += 1;
    }
  }
  const slotCount = partitionCount * copies;
  const next = scatter(SEED);
  for (let round = 0; round < slotCount * EXCHANGES_PER_SLOT; round += 1) {
    const slot = next(slotCount);
    const other = next(slotCount);
    if (assignment.mayExchange(slot, other)) assignment.exchange(slot, other);
  }
}
