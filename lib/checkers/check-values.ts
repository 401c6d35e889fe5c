/** Forbids what nobody wrote: torn values, values of another key, one write under two versions. */
import { Causality } from './causality.js';
import { type CheckedValue, readParts } from './checked-value.js';
import type { Finding, History, ReadVersion, VersionName, RecordedWrite } from './history.js';

/** Values must have been made by `shapedValue`. */
export function checkValues(history: History): Finding[] {
  const findings: Finding[] = [];
  const writes = new Map(history.writes.map((write) => [write.id, write]));
  const causalityOf = Causality.byKey(history.writes);
  const versions = new Map<string, VersionName>();
  const { reads, finals, kept = [] } = history;
  for (const { key, versions: shown } of [...reads, ...finals, ...kept]) {
    const known = { writes, versions, causality: causalityOf(key) };
    for (const version of shown) {
      const message = whatIsWrong(key, version, known);
      if (message !== undefined) findings.push({ checker: 'values', key, message });
    }
  }
  return findings;
}

interface Known {
  readonly writes: ReadonlyMap<string, RecordedWrite>;
  readonly causality: Causality;
  /** By the id of the write, as far as answers have shown it. */
  readonly versions: Map<string, VersionName>;
}

function whatIsWrong(
  key: string,
  { version, value }: ReadVersion,
  known: Known,
): string | undefined {
  if (value === undefined) return undefined;
  const parts = readParts(value, key);
  if (parts === undefined) return `${version} is torn: ${JSON.stringify(value.slice(0, 60))}`;
  const isResolution = known.causality.writeOf(version)?.resolves !== undefined;
  if (parts.length > 1 && !isResolution) return `${version} is made of ${parts.length} writes`;
  for (const part of parts) {
    const message = whatIsWrongWith(part, key, version, known);
    if (message !== undefined) return message;
    if (isResolution) continue;
    const { writeId } = part;
    const before = known.versions.get(writeId) ?? known.writes.get(writeId)?.version ?? version;
    known.versions.set(writeId, before);
    if (before !== version) return `${writeId} has two versions, ${before} and ${version}`;
  }
  return undefined;
}

function whatIsWrongWith(
  part: CheckedValue,
  key: string,
  version: VersionName,
  { writes }: Known,
): string | undefined {
  if (part.key !== key) return `${version} is a value of the key ${part.key}`;
  const write = writes.get(part.writeId);
  if (write === undefined) return `${version} was never written`;
  if (write.outcome === 'refused') return `${version} is the refused write ${write.id}`;
  if (write.kind === 'delete') return `${version} is a value, but ${write.id} was a delete`;
  return undefined;
}
