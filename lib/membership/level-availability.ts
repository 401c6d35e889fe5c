/** Which levels can be reached now, as this node sees the owners of each partition. */
import { LEVEL_NAMES, type LevelName, parseLevel } from '../coordination/request/level.js';
import type { Plan } from '../replication/plan.js';

export interface LevelAvailability {
  readonly level: LevelName;
  /** Partitions whose keys can be read and written at it now; undefined: it is not for that. */
  readonly reads: number | undefined;
  readonly writes: number | undefined;
}

/** @param plans of all partitions */
export function availabilityOfLevels(plans: readonly Plan[]): LevelAvailability[] {
  return LEVEL_NAMES.map((level) => ({
    level,
    reads: reachable(plans, level, 'read'),
    writes: reachable(plans, level, 'write'),
  }));
}

function reachable(
  plans: readonly Plan[],
  name: LevelName,
  operation: 'read' | 'write',
): number | undefined {
  // `any` is for writes alone, and would be refused as a level of reads.
  const level = parseLevel(name, name === 'any' ? 'write' : 'read');
  if (operation === 'read' ? !level.reads : !level.writes) return undefined;
  // This node itself can always stand in.
  if (operation === 'read' ? level.standInReads : level.standInWrites) return plans.length;
  return plans.filter((plan) => plan.under(level).isPossible).length;
}
