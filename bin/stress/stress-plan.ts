/** What a load is to do, and how strictly its answers can be judged at its level. */
import { BOUNDED, levelName, STRONG } from '../../lib/coordination/request/level.js';

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
  /** Where its keys are; undefined: in the default one. */
  readonly namespace: string | undefined;
  /** Are its keys deleted at the end? */
  readonly deletesKeys: boolean;
}

/** What the names of its keys begin with. */
export function keyPrefixOf({ run }: Pick<StressPlan, 'run'>): string {
  return `stress-${run}-`;
}

/** Must there be one order of all operations on a key? */
export function isOrdered({ readLevel, writeLevel }: StressPlan): boolean {
  return levelName(readLevel) === STRONG && levelName(writeLevel) === STRONG;
}

/** As `GET /api/v1/cluster/levels` has it: undefined where a level is not for that. */
export interface LevelReached {
  readonly level: string;
  readonly reads?: number | undefined;
  readonly writes?: number | undefined;
}

/**
 * Why a load at this level cannot work, before it begins; undefined: it can.
 * @param reached the levels that the cluster has, and how many partitions reach each now
 */
export function whyNotAt(
  level: string,
  operation: 'reads' | 'writes',
  reached: readonly LevelReached[],
  replicas: number,
): string | undefined {
  const [name = ''] = level.toLowerCase().split(';');
  if (/^\d+$/.test(name)) {
    const isPossible = Number(name) >= 1 && Number(name) <= replicas;
    return isPossible ? undefined : `${level} replicas are asked for, and a key has ${replicas}`;
  }
  const row = reached.find((one) => one.level === name);
  if (row === undefined) {
    const known = reached.map((one) => one.level).join(', ');
    return `the cluster has no level ${level}; it has ${known}, or a number of replicas`;
  }
  if (row[operation] === undefined) return `the level ${level} is not for ${operation}`;
  return row[operation] > 0 ? undefined : `no partition reaches the level ${level} now`;
}

// A majority in each zone is not always one of all, but two such sets meet in every zone.
const MAJORITIES: readonly string[] = ['quorum', 'each-quorum', 'strong'];
const NAMED_COUNTS: Readonly<Record<string, number>> = { one: 1, two: 2, three: 3 };

/** Do every read at one level and every write at the other meet in a replica? */
export function levelsOverlap(readLevel: string, writeLevel: string, replicas: number): boolean {
  // A write whose level bounds what reads may miss is one at quorum.
  const written = levelName(writeLevel) === BOUNDED ? 'quorum' : writeLevel;
  return answersOf(readLevel, replicas) + answersOf(written, replicas) > replicas;
}

/** Has a majority of the primaries what was acknowledged at this level? A number may be one. */
export function acknowledgesMajority(writeLevel: string): boolean {
  return ['all', BOUNDED, ...MAJORITIES].includes(levelName(writeLevel));
}

/** Primaries whose answers a level waits for, at least, wherever they are. */
function answersOf(level: string, replicas: number): number {
  const name = level.toLowerCase();
  if (name === 'all') return replicas;
  if (MAJORITIES.includes(name)) return Math.floor(replicas / 2) + 1;
  if (/^\d+$/.test(name)) return Number(name);
  return NAMED_COUNTS[name] ?? 0;
}
