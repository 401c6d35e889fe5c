/**
 * Forbids that a resolution is made of anything but the siblings that it stands for, or that it
 * replaces what nobody knew to be replaced.
 */
import { Causality } from './causality.js';
import { readParts } from './checked-value.js';
import type { Finding, History, ReadVersion, VersionName, RecordedWrite } from './history.js';

export function checkResolutions({ writes, reads, finals }: History): Finding[] {
  const causalityOf = Causality.byKey(writes);
  const byId = new Map(writes.map((write) => [write.id, write]));
  const replaced = writes.flatMap((write) => unknowing(write, causalityOf(write.key)));
  const shown = [...reads, ...finals].flatMap(({ key, versions }) =>
    versions.flatMap((version) => invented(key, version, causalityOf(key), byId)),
  );
  return [...replaced, ...shown];
}

/** What it has replaced is among its siblings, or was replaced by somebody else as well. */
function unknowing(
  { key, version, seen, resolves }: RecordedWrite,
  causality: Causality,
): Finding[] {
  if (resolves === undefined || version === undefined) return [];
  return seen.flatMap((old): Finding[] => {
    if (resolves.includes(old)) return [];
    if (causality.successorsOf(old).some((other) => other.version !== version)) return [];
    const message = `${version} resolves ${resolves.join(' ')}, and replaced ${old}`;
    return [{ checker: 'resolutions', key, message }];
  });
}

function invented(
  key: string,
  { version, value }: ReadVersion,
  causality: Causality,
  byId: ReadonlyMap<string, RecordedWrite>,
): Finding[] {
  if (value === undefined || causality.writeOf(version)?.resolves === undefined) return [];
  return (readParts(value, key) ?? []).flatMap(({ writeId }): Finding[] => {
    const of: VersionName | undefined = byId.get(writeId)?.version;
    if (of !== undefined && causality.covers(version, of)) return [];
    const message = `${version} resolves siblings among which ${writeId} was not`;
    return [{ checker: 'resolutions', key, message }];
  });
}
