/**
 * What weak levels allow, counted: where it never came to pass, a history has not tried the store.
 * No finding. (Viotti and Vukolic 2016, section 3, for the names.)
 */
import { Causality } from './causality.js';
import type { History, RecordedRead, RecordedWrite } from './history.js';

export interface AllowedAnomalies {
  /** Reads that miss what an earlier one had shown, of whichever client (no monotonic reads). */
  readonly newThenOld: number;
  /** Reads that miss what the writer of a value had seen which was shown before (no causality). */
  readonly effectBeforeCause: number;
}

export function countAllowedAnomalies(history: History): AllowedAnomalies {
  const misses = missesOf(history);
  const weak = history.reads.filter(isWeak);
  const shownBefore = (read: RecordedRead): readonly RecordedRead[] =>
    history.reads.filter((earlier) => earlier.key === read.key && earlier.ended < read.began);
  const isOld = (read: RecordedRead): boolean =>
    shownBefore(read).some(({ versions }) => versions.some(({ version }) => misses(read, version)));
  const effects = effectsOf(history);
  const isBefore = (read: RecordedRead): boolean =>
    effects.some(({ cause, shownAt }) => {
      const { key, version } = cause;
      return key === read.key && shownAt < read.began && version && misses(read, version);
    });
  return {
    newThenOld: weak.filter(isOld).length,
    effectBeforeCause: weak.filter(isBefore).length,
  };
}

/** Neither its level nor a session promises that it shows what was seen before. */
function isWeak({ session, repaired, atStrong, bound }: RecordedRead): boolean {
  return session === undefined && repaired === 0 && atStrong !== true && bound === undefined;
}

function missesOf({ writes }: History): (read: RecordedRead, version: string) => boolean {
  const causalityOf = Causality.byKey(writes);
  return ({ key, versions, ended }, version) => {
    const shown = new Set(versions.map((each) => each.version));
    return !causalityOf(key).accountsFor(shown, version, ended);
  };
}

/** A value that was shown, and a write of another key that its writer knew of. */
function effectsOf({ writes, reads }: History): { cause: RecordedWrite; shownAt: number }[] {
  const byId = new Map(writes.map((write) => [write.id, [write]]));
  const byVersion = new Map(writes.map((write) => [`${write.key} ${write.version}`, write]));
  for (const { id, key, versions } of reads) {
    byId.set(
      id,
      versions.flatMap(({ version }) => byVersion.get(`${key} ${version}`) ?? []),
    );
  }
  return writes.flatMap((effect) => {
    const known = effect.session?.after.flatMap((id) => byId.get(id) ?? []) ?? [];
    const causes = known.filter(({ key, outcome }) => {
      return key !== effect.key && outcome === 'acknowledged';
    });
    if (causes.length === 0) return [];
    const shown = reads.filter(({ key, versions }) => {
      return key === effect.key && versions.some(({ version }) => version === effect.version);
    });
    return causes.flatMap((cause) => shown.map(({ ended }) => ({ cause, shownAt: ended })));
  });
}
