/** How siblings came to be, as their times and writers show: where to look for the writers. */

export interface WriteOrigin {
  readonly written_at: string;
  readonly written_by: string;
}

export interface Race {
  readonly pattern: 'race' | 'cut' | 'stale context';
  readonly why: string;
}

/** Two writers at the same moment: closer than a usual request and its retry. */
const RACE_MILLISECONDS = 1000;

/** @param siblings at least two */
export function raceOf(siblings: readonly WriteOrigin[]): Race {
  const times = siblings.map(({ written_at }) => Date.parse(written_at)).sort((a, b) => a - b);
  const apart = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const nodes = new Set(siblings.map(({ written_by }) => written_by));
  if (apart <= RACE_MILLISECONDS) {
    return nodes.size > 1
      ? { pattern: 'race', why: 'written at the same moment through several nodes' }
      : { pattern: 'race', why: 'written at the same moment with the same context' };
  }
  return nodes.size > 1
    ? { pattern: 'cut', why: 'written at different times through nodes that had not met' }
    : { pattern: 'stale context', why: 'a later write came with an older context' };
}
