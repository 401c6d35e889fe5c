/**
 * Forbids that an answer says "not found" although a replica said that it holds something, or
 * without asking the others: at every level a miss is a claim about all replicas that are up.
 */
import { Causality } from './causality.js';
import type { Finding, History } from './history.js';

export function checkMisses({ writes, reads }: History): Finding[] {
  const causalityOf = Causality.byKey(writes);
  const nothing = new Set<string>();
  return reads.flatMap(({ id, key, ended, versions, miss }): Finding[] => {
    if (miss === undefined || versions.length > 0) return [];
    const { reported, unasked } = miss;
    const hidden = reported.filter((version) => {
      return !causalityOf(key).accountsFor(nothing, version, ended);
    });
    const messages = [
      ...unasked.map((node) => `${id} finds nothing, and did not ask ${node}, which was up`),
      ...hidden.map((version) => `${id} finds nothing, and heard of ${version}`),
    ];
    return messages.map((message) => ({ checker: 'misses', key, message }));
  });
}
