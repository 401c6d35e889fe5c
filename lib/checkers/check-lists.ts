/**
 * Forbids in lists of keys: another order than that of UTF-8 bytes, a key twice, one outside of
 * what was asked for, one that nobody ever gave a value, one whose values are known to have ended.
 * That none is missing is the part of the checker of stale reads: what a page does not show, it
 * read and found nothing.
 */
import { compareUtf8 } from '../encoding/utf8-order.js';
import { Causality } from './causality.js';
import { type Established, establishedByKey, mustSee } from './established.js';
import type { Finding, History, RecordedList } from './history.js';

export function checkLists(history: History): Finding[] {
  const { lists = [], writes, replicaCount } = history;
  const causalityOf = Causality.byKey(writes);
  const established = establishedByKey(history);
  return lists.flatMap((list) => [
    ...misplaced(list),
    ...list.keys.flatMap(({ key, answered, settles }): Finding[] => {
      const given = writes.filter((write) => {
        const isBegun = write.began < list.ended && write.outcome !== 'refused';
        return write.key === key && write.kind === 'value' && isBegun;
      });
      if (given.length === 0) {
        return [finding(list, key, 'shows a key that nobody has given a value')];
      }
      const look = { began: list.began, answered, settles };
      const known = (established.get(key) ?? []).filter((one) => mustSee(one, look, replicaCount));
      const causality = causalityOf(key);
      const isOver = given.every(({ version }) => isSuperseded(causality, version, known));
      return isOver ? [finding(list, key, 'shows a key all of whose values have ended')] : [];
    }),
  ]);
}

function isSuperseded(
  causality: Causality,
  version: string | undefined,
  known: readonly Established[],
): boolean {
  if (version === undefined) return false;
  return known.some(({ version: later }) => {
    return causality.covers(later, version) || causality.took(later, version);
  });
}

function misplaced(list: RecordedList): Finding[] {
  const { keys, prefix, after } = list;
  return keys.flatMap(({ key }, i) => {
    const before = keys[i - 1]?.key ?? after;
    if (compareUtf8(key, before) <= 0 && before !== '') {
      return [finding(list, key, `shows it behind ${before}`)];
    }
    return key.startsWith(prefix) ? [] : [finding(list, key, `shows it under ${prefix}`)];
  });
}

function finding({ id }: RecordedList, key: string, what: string): Finding {
  return { checker: 'lists', key, message: `${id} ${what}` };
}
