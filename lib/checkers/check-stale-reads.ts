/** Forbids stale reads: what W hold durably, a later read of R must show, where W + R > N. */
import { Causality } from './causality.js';
import { type Established, establishedByKey, mustSee } from './established.js';
import type { Finding, History, RecordedRead } from './history.js';

export function checkStaleReads(history: History): Finding[] {
  const causalityOf = Causality.byKey(history.writes);
  const byKey = establishedByKey(history);
  return history.reads.flatMap((read) =>
    (byKey.get(read.key) ?? [])
      .filter((known) => mustSee(known, read, history.replicaCount))
      .flatMap((established) => {
        return whatIsStale(causalityOf(read.key), read, established, 'stale reads');
      }),
  );
}

/** How often reads missed what was established, and no level had promised that they would not. */
export function countAllowedStaleReads(history: History): number {
  const causalityOf = Causality.byKey(history.writes);
  const byKey = establishedByKey(history);
  let count = 0;
  for (const read of history.reads) {
    for (const known of byKey.get(read.key) ?? []) {
      const { since, version } = known;
      const isDue = mustSee(known, read, history.replicaCount);
      if (since >= read.began || isDue) continue;
      const shown = new Set(read.versions.map((each) => each.version));
      if (!causalityOf(read.key).accountsFor(shown, version, read.ended)) count += 1;
    }
  }
  return count;
}

/** What a read misses, or shows although it was superseded, that was established before. */
export function whatIsStale(
  causality: Causality,
  read: RecordedRead,
  { version, by }: Established,
  checker: string,
): Finding[] {
  const { id, key, versions, ended } = read;
  const shown = new Set(versions.map((each) => each.version));
  const findings: Finding[] = [];
  if (!causality.accountsFor(shown, version, ended)) {
    const message = `${id} misses ${version}, which ${by} had established before it began`;
    findings.push({ checker, key, message });
  }
  for (const old of shown) {
    const isTaken = by === causality.writeOf(version)?.id && causality.took(version, old);
    if (!isTaken && !causality.covers(version, old)) continue;
    const message = `${id} shows ${old}, which ${version} (established by ${by}) had superseded`;
    findings.push({ checker, key, message });
  }
  return findings;
}
