/** What a history must keep of its causality: which write had seen, and replaced, which. */
import { Causality } from './causality.js';
import type { Finding, History } from './history.js';

/**
 * Forbids that an acknowledged write is gone at the end, unless a writer who had seen it replaced
 * it.
 */
export function checkLostWrites({ writes, finals }: History): Finding[] {
  const causalityOf = Causality.byKey(writes);
  const findings: Finding[] = [];
  for (const { key, versions, began } of finals) {
    const shown = new Set(versions.map(({ version }) => version));
    for (const write of writes) {
      if (write.key !== key || write.outcome !== 'acknowledged') continue;
      const { id, version, kind, ended } = write;
      if (kind === 'delete' || version === undefined || (ended ?? began) >= began) continue;
      if (causalityOf(key).accountsFor(shown, version, began)) continue;
      const left = [...shown].join(' ');
      const message = `the acknowledged write ${id} (${version}) is lost; left: ${left}`;
      findings.push({ checker: 'lost writes', key, message });
    }
  }
  return findings;
}

/**
 * Forbids that a write loses to one that was over before it began. Of writes that race one may
 * replace the other, whichever; that one of them stays is what `lost writes` looks for, which
 * follows each superseder to something that is left.
 */
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

/**
 * Forbids that one answer shows two versions of which the writer of one had seen the other.
 * Siblings are then never more than the writes that truly were concurrent.
 */
export function checkFalseSiblings({ writes, reads, finals }: History): Finding[] {
  const causalityOf = Causality.byKey(writes);
  const findings: Finding[] = [];
  const answers = [...reads, ...finals.map((final) => ({ ...final, id: 'the end' }))];
  for (const { id, key, versions } of answers) {
    const causality = causalityOf(key);
    for (const { version: later } of versions) {
      for (const { version: earlier } of versions) {
        if (!causality.covers(later, earlier)) continue;
        const message = `${id} shows ${earlier} beside ${later}, whose writer had seen it`;
        findings.push({ checker: 'false siblings', key, message });
      }
    }
  }
  return findings;
}

/**
 * Forbids that an answer says "not found" although a replica said that it holds something, or
 * without asking the others: at every level a miss is a claim about all replicas that are up.
 */
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
