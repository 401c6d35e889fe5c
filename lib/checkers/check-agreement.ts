/** Forbids that replicas differ for ever: at the end a majority of the primaries holds the same. */
import type { Finding, History } from './history.js';

export function checkAgreement({ finals, replicaCount }: History): Finding[] {
  const findings: Finding[] = [];
  for (const { key, replicas } of finals) {
    const alike = new Map<string, number>();
    for (const state of replicas) alike.set(state, (alike.get(state) ?? 0) + 1);
    const most = [...alike.values()].reduce((a, b) => Math.max(a, b), 0);
    if (2 * most > replicaCount) continue;
    const message = `no majority of ${replicaCount} agrees: ${replicas.join(' | ')}`;
    findings.push({ checker: 'agreement', key, message });
  }
  return findings;
}
