/** At which levels a list can be read, and at which it is where none is named. Pure. */
import { OperatingError } from '../../errors.js';
import { type ConsistencyLevel, parseLevel } from '../request/level.js';

/** Levels of lists: each is a number of owners. The other levels promise what no list can keep. */
const LEVELS = new Set([
  ...['one', 'two', 'three', 'quorum', 'all', 'eventual'],
  ...['local-one', 'local-quorum', 'each-quorum'],
]);
/** Where the default of reads is a level at which no list can be read. */
export const LIST_LEVEL_ELSE = 'quorum';

/** Can a list be read at it? @param name of a parsed level */
export function isListLevel(name: string): boolean {
  return LEVELS.has(name) || /^[1-9][0-9]?$/.test(name);
}

/** The level of a list that names none. @param readLevel the default of reads */
export function listLevelOf(readLevel: string): string {
  return isListLevel(parseLevel(readLevel, 'read').name) ? readLevel : LIST_LEVEL_ELSE;
}

/** @throws OperatingError `invalid_level` */
export function listLevel(text: string): ConsistencyLevel {
  const level = parseLevel(text, 'read');
  if (isListLevel(level.name)) return level;
  throw new OperatingError('invalid_level', `no list is read at the level "${level.name}"`, {
    details: { received: text, known: [...LEVELS, 'a number of primaries'] },
  });
}
