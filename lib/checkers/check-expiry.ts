/** Forbids that a value outlives its time to live, where a clock that can be trusted judges it. */
import { Causality } from './causality.js';
import type { Finding, History } from './history.js';

/** That none ends before its time, the checkers of lost writes and stale reads see to. */
export function checkExpiry({ writes, finals }: History): Finding[] {
  const causalityOf = Causality.byKey(writes);
  return finals.flatMap(({ key, began, versions }) =>
    versions.flatMap(({ version }): Finding[] => {
      const by = causalityOf(key).writeOf(version)?.expiry?.by ?? Number.POSITIVE_INFINITY;
      if (by > began) return [];
      const message = `${version} is there at the end, though its time ended by ${by}`;
      return [{ checker: 'expired values', key, message }];
    }),
  );
}
