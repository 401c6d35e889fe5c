/** Forbids stale reads where W + R > N: what so many hold durably, a later read of enough must show. */
import { Causality } from './causality.js';
import type { Finding, History, Read, VersionName } from './history.js';

/** From some moment on, so many primaries hold the version, or what superseded it. */
interface Established {
  readonly version: VersionName;
  readonly since: number;
  readonly holders: number;
  readonly by: string;
}

/** Of writes: by the acknowledgement. Of reads that repair before they answer: by the answer. */
export function checkStaleReads(history: History): Finding[] {
  const causalityOf = Causality.byKey(history.writes);
  const byKey = establishedByKey(history);
  return history.reads.flatMap((read) =>
    (byKey.get(read.key) ?? [])
      .filter(({ since, holders }) => {
        return since < read.began && holders + read.answered > history.replicaCount;
      })
      .flatMap((established) => whatIsStale(causalityOf(read.key), read, established)),
  );
}

function establishedByKey({ writes, reads }: History): Map<string, Established[]> {
  const byKey = new Map<string, Established[]>();
  const add = (key: string, established: Established): void => {
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [established]);
    else known.push(established);
  };
  for (const { id, key, version, outcome, ended, holders } of writes) {
    if (outcome !== 'acknowledged' || version === undefined || ended === undefined) continue;
    add(key, { version, since: ended, holders, by: id });
  }
  for (const { id, key, versions, ended, repaired } of reads) {
    if (repaired === 0) continue;
    for (const { version } of versions) {
      add(key, { version, since: ended, holders: repaired, by: id });
    }
  }
  return byKey;
}

function whatIsStale(causality: Causality, read: Read, { version, by }: Established): Finding[] {
  const { id, key, versions, ended } = read;
  const shown = new Set(versions.map((each) => each.version));
  const findings: Finding[] = [];
  if (!causality.accountsFor(shown, version, ended)) {
    const message = `${id} misses ${version}, which ${by} had established before it began`;
    findings.push({ checker: 'stale reads', key, message });
  }
  for (const old of shown) {
    if (!causality.covers(version, old)) continue;
    const message = `${id} shows ${old}, which ${version} (established by ${by}) had superseded`;
    findings.push({ checker: 'stale reads', key, message });
  }
  return findings;
}
