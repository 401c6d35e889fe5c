/**
 * Forbids answers that are older than they say: what was acknowledged before the time that the
 * answer names must be in it (docs/consistency.md, Bounded staleness). Judged against real time.
 */
import { whatIsStale } from './check-stale-reads.js';
import { Causality } from './causality.js';
import { establishedByKey } from './established.js';
import type { Finding, History } from './history.js';

/** At least so many primaries have acknowledged what an answer of this scope must show. */
function holdersFor(scope: 'all' | 'quorum', replicaCount: number): number {
  return scope === 'all' ? 1 : Math.floor(replicaCount / 2) + 1;
}

export function checkStaleness(history: History): Finding[] {
  const causalityOf = Causality.byKey(history.writes);
  const byKey = establishedByKey(history);
  return history.reads.flatMap((read) => {
    const { key, began, bound } = read;
    if (bound === undefined) return [];
    const required = holdersFor(bound.scope, history.replicaCount);
    return (byKey.get(key) ?? [])
      .filter(({ since, holders }) => since < began - bound.age && holders >= required)
      .flatMap((established) => {
        return whatIsStale(causalityOf(key), read, established, 'staleness');
      });
  });
}

/** How old answers with a bound in fact were, where the bound allowed it: so many missed writes. */
export function countAllowedStaleness(history: History): number {
  const causalityOf = Causality.byKey(history.writes);
  const byKey = establishedByKey(history);
  let count = 0;
  for (const read of history.reads) {
    const { key, began, ended, bound, versions } = read;
    if (bound === undefined) continue;
    const shown = new Set(versions.map(({ version }) => version));
    const missed = (byKey.get(key) ?? []).filter(({ since, version }) => {
      const isAllowed = since < began && since >= began - bound.age;
      return isAllowed && !causalityOf(key).accountsFor(shown, version, ended);
    });
    count += missed.length;
  }
  return count;
}
