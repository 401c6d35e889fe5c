/** What a history proves to be held durably by so many primaries, and since when. */
import type { History, RecordedRead, VersionName } from './history.js';

/** From some moment on, so many primaries hold the version, or what superseded it. */
export interface Established {
  readonly version: VersionName;
  readonly since: number;
  readonly holders: number;
  /** The write or read that shows it. */
  readonly by: string;
  /** At `strong` primaries have accepted it, and it need not be in their records yet. */
  readonly atStrong: boolean;
}

/** Who looks later, and how. */
type Look = Pick<RecordedRead, 'began' | 'answered' | 'settles'>;

/** Must it be shown? W + R > N. */
export function mustSee(
  { since, holders, atStrong }: Established,
  { began, answered, settles }: Look,
  replicaCount: number,
): boolean {
  return since < began && holders + answered > replicaCount && (settles !== false || !atStrong);
}

/** Of writes: by the acknowledgement. Of reads that repair before they answer: by the answer. */
export function establishedByKey({ writes, reads }: History): Map<string, Established[]> {
  const byKey = new Map<string, Established[]>();
  const add = (key: string, established: Established): void => {
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [established]);
    else known.push(established);
  };
  for (const { id, key, version, outcome, ended, holders, atStrong = false } of writes) {
    if (outcome !== 'acknowledged' || version === undefined || ended === undefined) continue;
    add(key, { version, since: ended, holders, by: id, atStrong });
  }
  for (const { id, key, versions, ended, repaired, atStrong = false } of reads) {
    if (repaired === 0) continue;
    for (const { version } of versions) {
      add(key, { version, since: ended, holders: repaired, by: id, atStrong });
    }
  }
  return byKey;
}
