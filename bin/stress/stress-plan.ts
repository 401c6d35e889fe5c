/** What a load is to do, and how strictly its answers can be judged at its level. */

export interface StressPlan {
  readonly endpoints: readonly string[];
  readonly getsPerSecond: number;
  readonly putsPerSecond: number;
  readonly durationMilliseconds: number;
  readonly keyCount: number;
  readonly valueBytes: number;
  /** For each endpoint. */
  readonly connections: number;
  readonly timeoutMilliseconds: number | undefined;
  readonly readLevel: string;
  readonly writeLevel: string;
  /** Must a read see every write that was acknowledged before it began? */
  readonly isStrict: boolean;
  /** Names the keys of this run. */
  readonly run: string;
}

const NAMED_COUNTS: Readonly<Record<string, number>> = { one: 1, two: 2, three: 3 };

/** Do every read at one level and every write at the other meet in a replica? */
export function levelsOverlap(readLevel: string, writeLevel: string, replicas: number): boolean {
  const [read, written] = [readLevel, writeLevel].map((level) => answersOf(level, replicas));
  return (read ?? 0) + (written ?? 0) > replicas;
}

/** Primaries whose answers a level waits for, at least, wherever they are. */
function answersOf(level: string, replicas: number): number {
  const name = level.toLowerCase();
  if (name === 'all') return replicas;
  // A majority in each zone is not always one of all, but two such sets meet in every zone.
  if (name === 'quorum' || name === 'each-quorum') return Math.floor(replicas / 2) + 1;
  if (/^\d+$/.test(name)) return Number(name);
  return NAMED_COUNTS[name] ?? 0;
}
