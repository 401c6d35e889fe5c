/**
 * Forbids that an acknowledged write is gone at the end, unless a writer who had seen it replaced
 * it.
 */
import { Causality } from './causality.js';
import type { Finding, History } from './history.js';

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
