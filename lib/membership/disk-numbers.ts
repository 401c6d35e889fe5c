/** The numbers by which a disk is known, and what they prove (D3). Pure. */

/** The start of the node that lives on it, and the number of its last durable batch. */
export interface DiskNumbers {
  readonly start: number;
  readonly commit: number;
}

export const NO_NUMBERS: DiskNumbers = { start: 0, commit: 0 };

/** Each by itself: after a roll-back the commit number may be lower under a higher start. */
export function highest(a: DiskNumbers, b: DiskNumbers): DiskNumbers {
  return { start: Math.max(a.start, b.start), commit: Math.max(a.commit, b.commit) };
}

/** Each by itself. */
export function lowest(a: DiskNumbers, b: DiskNumbers): DiskNumbers {
  return { start: Math.min(a.start, b.start), commit: Math.min(a.commit, b.commit) };
}

/**
 * Is the disk older than what a peer was answered of it in earlier lives?
 * @param found the start of this life, and the commit number that it found
 */
export function isRolledBack(found: DiskNumbers, remembered: DiskNumbers): boolean {
  return found.start <= remembered.start || found.commit < remembered.commit;
}
