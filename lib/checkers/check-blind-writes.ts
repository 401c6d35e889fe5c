/**
 * Forbids that a write without a context leaves what it was to replace, and does not say so: where
 * W + R > N it has heard of somebody who holds it.
 */
import { Causality } from './causality.js';
import { establishedByKey } from './established.js';
import type { Finding, History, VersionName, RecordedWrite } from './history.js';

export function checkBlindWrites(history: History): Finding[] {
  const { writes, replicaCount } = history;
  const causalityOf = Causality.byKey(writes);
  const byKey = establishedByKey(history);
  return writes.flatMap((write): Finding[] => {
    const { id, key, outcome, began, consulted, version: own, beside } = write;
    if (consulted === 0 || outcome !== 'acknowledged') return [];
    return (byKey.get(key) ?? []).flatMap(({ version, since, holders, by }) => {
      if (since >= began || holders + consulted <= replicaCount || version === own) return [];
      if (beside?.includes(version) || isReplaced(causalityOf(key), write, version)) return [];
      const message = `${id} leaves ${version}, which ${by} had established before it began`;
      return [{ checker: 'blind writes', key, message }];
    });
  });
}

/** By the write, or by another that it may not have met. */
function isReplaced(causality: Causality, write: RecordedWrite, version: VersionName): boolean {
  if (causality.mayBeGone(version, write.ended ?? write.began)) return true;
  const { version: own } = write;
  if (own !== undefined && causality.covers(own, version)) return true;
  if (own !== undefined && causality.took(own, version)) return true;
  const others = causality.successorsOf(version);
  return others.some(({ began, id }) => id !== write.id && began < (write.ended ?? began));
}
