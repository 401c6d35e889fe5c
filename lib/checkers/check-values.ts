/** Forbids what nobody wrote: torn values, values of another key, one write under two versions. */
import { readValue } from './checked-value.js';
import type { Finding, History, ReadVersion, VersionName, Write } from './history.js';

/** Values must have been made by `writeValue`. */
export function checkValues(history: History): Finding[] {
  const findings: Finding[] = [];
  const writes = new Map(history.writes.map((write) => [write.id, write]));
  const versions = new Map<string, VersionName>();
  for (const { key, versions: shown } of [...history.reads, ...history.finals]) {
    for (const version of shown) {
      const message = whatIsWrong(key, version, writes, versions);
      if (message !== undefined) findings.push({ checker: 'values', key, message });
    }
  }
  return findings;
}

function whatIsWrong(
  key: string,
  { version, value }: ReadVersion,
  writes: ReadonlyMap<string, Write>,
  versions: Map<string, VersionName>,
): string | undefined {
  if (value === undefined) return undefined;
  const parsed = readValue(value);
  if (parsed === undefined) return `${version} is torn: ${JSON.stringify(value.slice(0, 60))}`;
  if (parsed.key !== key) return `${version} is a value of the key ${parsed.key}`;
  const write = writes.get(parsed.writeId);
  if (write === undefined) return `${version} was never written`;
  if (write.outcome === 'refused') return `${version} is the refused write ${write.id}`;
  if (write.kind === 'delete') return `${version} is a value, but ${write.id} was a delete`;
  const known = versions.get(write.id) ?? write.version ?? version;
  versions.set(write.id, known);
  return known === version ? undefined : `${write.id} has two versions, ${known} and ${version}`;
}
