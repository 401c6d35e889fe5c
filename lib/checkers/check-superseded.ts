/** Forbids that a version is there at the end although a writer who had seen it replaced or deleted it. */
import { Causality } from './causality.js';
import type { Finding, History, VersionName } from './history.js';

/** An effect counts where it was acknowledged, or is itself there. */
export function checkSuperseded({ writes, reads, finals }: History): Finding[] {
  const causalityOf = Causality.byKey(writes);
  const findings: Finding[] = [];
  for (const { key, versions, began } of finals) {
    const causality = causalityOf(key);
    const effective = new Set<VersionName>(versions.map(({ version }) => version));
    for (const write of writes) {
      if (write.key !== key || write.version === undefined) continue;
      if (write.outcome === 'acknowledged' && (write.ended ?? began) < began)
        effective.add(write.version);
    }
    for (const read of reads) {
      if (read.key === key && read.repaired > 0 && read.ended < began) {
        for (const { version } of read.versions) effective.add(version);
      }
    }
    for (const { version, value } of versions) {
      if (value === undefined) continue;
      const by = [...effective].find((later) => causality.covers(later, version));
      if (by === undefined) continue;
      const deleted = causality.writeOf(by)?.kind === 'delete';
      const how = deleted ? 'deleted by' : 'replaced by';
      const message = `${version} is there at the end, though ${how} ${by}`;
      findings.push({ checker: deleted ? 'resurrected' : 'dominated siblings', key, message });
    }
  }
  return findings;
}
