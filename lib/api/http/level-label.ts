/** The level as metrics name it: what was asked for, or the default, whatever became of it. */
import { listLevelOf } from '../../coordination/list/list-levels.js';
import { levelName, STRONG } from '../../coordination/request/level.js';

const WRITES: ReadonlySet<string> = new Set(['put', 'delete', 'resolve']);

/** One of a fixed set. @param isAtomic a write on a condition, or under a key: at `strong` */
export function levelLabel(
  operation: string,
  asked: string | undefined,
  isAtomic: boolean,
  defaults: { readonly default_level: string; readonly default_write_level: string },
): string {
  if (asked !== undefined) return levelName(asked);
  if (operation === 'get') return levelName(defaults.default_level);
  if (operation === 'list') return levelName(listLevelOf(defaults.default_level));
  if (!WRITES.has(operation)) return 'none';
  return isAtomic ? STRONG : levelName(defaults.default_write_level);
}

/** The level that an answer says that it held; undefined: it says none. @param headers of it */
export function achievedLabel(headers: readonly string[]): string | undefined {
  const place = headers.indexOf('X-Consistency-Achieved');
  return place < 0 ? undefined : levelName(headers[place + 1] ?? '');
}
