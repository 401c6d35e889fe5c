/** Which keys are in conflict at the end, and between whom, where blind writes were to replace. */
import type { History, RecordedWrite } from '../../lib/checkers/history.js';

export type LeftBetween = 'sequential' | 'racing blind writes' | 'a blind write and another';

/** One entry a key that is in conflict; none for those that no blind write has a part in. */
export function conflictsLeft({ writes, finals }: History): LeftBetween[] {
  const byName = new Map(writes.map((write) => [`${write.key} ${write.version}`, write]));
  return finals.flatMap(({ key, versions }) => {
    const left = versions.flatMap(({ version }) => byName.get(`${key} ${version}`) ?? []);
    const pairs = left.flatMap((one) => left.map((other) => between(one, other)));
    for (const kind of [
      'sequential',
      'racing blind writes',
      'a blind write and another',
    ] as const) {
      if (pairs.includes(kind)) return [kind];
    }
    return [];
  });
}

/** Only those at quorum and stronger have heard of what the others hold. */
function between(earlier: RecordedWrite, later: RecordedWrite): LeftBetween | undefined {
  if (earlier === later || later.consulted === 0) return undefined;
  if (earlier.outcome !== 'acknowledged' || later.outcome !== 'acknowledged') return undefined;
  if ((earlier.ended ?? Number.POSITIVE_INFINITY) < later.began) return 'sequential';
  return earlier.consulted > 0 ? 'racing blind writes' : 'a blind write and another';
}
