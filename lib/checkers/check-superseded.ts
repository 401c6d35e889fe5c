/** Forbids that a version is left at the end although a writer who had seen it replaced it. */
import { Causality } from './causality.js';
import type { FinalState, Finding, History, VersionName } from './history.js';

export function checkSuperseded(history: History): Finding[] {
  const causalityOf = Causality.byKey(history.writes);
  return history.finals.flatMap((final) => {
    const { key, versions } = final;
    const causality = causalityOf(key);
    const acknowledged = acknowledgedVersions(history, final);
    const effective = [...acknowledged, ...shownVersions(history, final)];
    return versions.flatMap(({ version, value }): Finding[] => {
      const by =
        effective.find((later) => causality.covers(later, version)) ??
        acknowledged.find((later) => causality.took(later, version));
      if (value === undefined || by === undefined) return [];
      const deleted = causality.writeOf(by)?.kind === 'delete';
      const how = deleted ? 'deleted by' : 'replaced by';
      const message = `${version} is there at the end, though ${how} ${by}`;
      return [{ checker: deleted ? 'resurrected' : 'dominated siblings', key, message }];
    });
  });
}

function acknowledgedVersions({ writes }: History, { key, began }: FinalState): VersionName[] {
  return writes.flatMap(({ key: of, version, outcome, ended }) => {
    const isOf = of === key && version !== undefined && outcome === 'acknowledged';
    return isOf && (ended ?? began) < began ? version : [];
  });
}

/** What is there at the end, or was shown by a read that made it last. */
function shownVersions({ reads }: History, final: FinalState): VersionName[] {
  const { key, began } = final;
  const shown = final.versions.map(({ version }) => version);
  for (const read of reads) {
    if (read.key !== key || read.repaired === 0 || read.ended >= began) continue;
    for (const { version } of read.versions) shown.push(version);
  }
  return shown;
}
