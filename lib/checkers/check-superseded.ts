/** Forbids that a version is left at the end although a writer who had seen it replaced it. */
import { Causality } from './causality.js';
import type { FinalState, Finding, History, VersionName } from './history.js';

export function checkSuperseded(history: History): Finding[] {
  const causalityOf = Causality.byKey(history.writes);
  return history.finals.flatMap((final) => {
    const { key, versions } = final;
    const causality = causalityOf(key);
    const effective = effectiveVersions(history, final);
    return versions.flatMap(({ version, value }): Finding[] => {
      const by = effective.find((later) => causality.covers(later, version));
      if (value === undefined || by === undefined) return [];
      const deleted = causality.writeOf(by)?.kind === 'delete';
      const how = deleted ? 'deleted by' : 'replaced by';
      const message = `${version} is there at the end, though ${how} ${by}`;
      return [{ checker: deleted ? 'resurrected' : 'dominated siblings', key, message }];
    });
  });
}

/** What was acknowledged, or shown by a read that made it last, or is there at the end. */
function effectiveVersions({ writes, reads }: History, final: FinalState): VersionName[] {
  const { key, began } = final;
  const effective = final.versions.map(({ version }) => version);
  for (const write of writes) {
    if (write.key !== key || write.version === undefined || write.outcome !== 'acknowledged')
      continue;
    if ((write.ended ?? began) < began) effective.push(write.version);
  }
  for (const read of reads) {
    if (read.key !== key || read.repaired === 0 || read.ended >= began) continue;
    for (const { version } of read.versions) effective.push(version);
  }
  return effective;
}
