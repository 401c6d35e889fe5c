/**
 * Forbids that a write loses to one that was over before it began. Of writes that race one may
 * replace the other, whichever; that one of them stays is what `lost writes` looks for, which
 * follows each superseder to something that is left.
 */
import { Causality } from './causality.js';
import type { Finding, History } from './history.js';

export function checkRaces({ writes }: History): Finding[] {
  const causalityOf = Causality.byKey(writes);
  return writes.flatMap(({ id, key, seen, took = [], ended, outcome }) => {
    if (outcome !== 'acknowledged' || ended === undefined) return [];
    return [...seen, ...took].flatMap((version): Finding[] => {
      const other = causalityOf(key).writeOf(version);
      if (other === undefined || other.began <= ended) return [];
      const message = `${id} replaced ${version} of ${other.id}, which began after it was over`;
      return [{ checker: 'races', key, message }];
    });
  });
}
