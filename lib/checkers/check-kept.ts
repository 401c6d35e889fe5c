/**
 * Kept versions: forbids that one is listed which nobody wrote, or which nothing has superseded;
 * and at rest that a replica keeps more of a key than the rule says, or any of a key that is gone.
 */
import { Causality } from './causality.js';
import type { Finding, History, VersionName } from './history.js';

export function checkKept({ writes, keptLists = [] }: History): Finding[] {
  const causalityOf = Causality.byKey(writes);
  return keptLists.flatMap(({ id, key, ended, listed }) => {
    const causality = causalityOf(key);
    return listed.flatMap((version): Finding[] => {
      const message = whatIsWrong(version, ended, causality);
      return message === undefined
        ? []
        : [{ checker: 'kept versions', key, message: `${id} lists ${version}, ${message}` }];
    });
  });
}

function whatIsWrong(
  version: VersionName,
  ended: number,
  causality: Causality,
): string | undefined {
  const write = causality.writeOf(version);
  if (write === undefined) return 'which nobody wrote';
  if (write.kind === 'delete') return 'which is no value';
  const isSuperseded = causality.successorsOf(version).some(({ began }) => began <= ended);
  // What has ended is not named among what a write replaces; a replica may judge that later.
  return isSuperseded || causality.mayBeGone(version, ended)
    ? undefined
    : 'which nothing has superseded';
}

/** What one replica keeps of a key when the store is at rest. */
export interface KeptAtRest {
  /** How many versions are stored. */
  readonly count: number;
  /** Those of them that it holds as values of the key as well. */
  readonly current: readonly VersionName[];
  /** By the rule of the namespace, or the setting. */
  readonly most: number;
  /** Does the replica hold a record of the key, be it of tombstones alone? */
  readonly hasRecord: boolean;
}

/** What must not be so; undefined: it is as it should be. */
export function keptTrouble(kept: KeptAtRest): string | undefined {
  const { count, current, most, hasRecord } = kept;
  if (count > most) return `keeps ${count} versions, and the rule says ${most}`;
  if (current.length > 0) return `keeps ${current.join(' ')}, which nothing has superseded`;
  return count > 0 && !hasRecord ? `keeps ${count} versions of a key that is gone` : undefined;
}
