/** Which levels may be the default, as the page offers them. */
import type { Levels } from '../api-types.js';

/** The levels of the cluster; and what is the default now, which may have parameters. */
export function defaultChoices(
  levels: Levels | undefined,
  isFor: 'reads' | 'writes',
  present: string,
): readonly string[] {
  const names = (levels?.levels ?? [])
    .filter((row) => row[isFor] !== undefined)
    .map(({ level }) => level);
  return present === '' || names.includes(present) ? names : [present, ...names];
}
