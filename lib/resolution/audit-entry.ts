/** What a resolution leaves behind: who decided what, by which rule, and what was dropped. */
import { dotText } from '../versioning/dot.js';
import type { Version } from '../versioning/siblings.js';

export interface DroppedVersion {
  readonly version: string;
  readonly contentType: string;
  /** Undefined where there was no room for it. */
  readonly value: Uint8Array | undefined;
  /** Of the value, also where that is left out. */
  readonly bytes: number;
  /** Hybrid time. */
  readonly writtenAt: number;
}

export interface AuditEntry {
  /** Wall milliseconds at the replica that minted the result. */
  readonly at: number;
  /** Its name; `value` where the result was given. */
  readonly strategy: string;
  /** The node that resolved at a read, or the client that asked. */
  readonly by: string;
  /** The version that stands for the others. */
  readonly kept: string;
  readonly dropped: readonly DroppedVersion[];
}

export function droppedVersion({ dot, contentType, value, writtenAt }: Version): DroppedVersion {
  return { version: dotText(dot), contentType, value, bytes: value.length, writtenAt };
}

/** The entry with as many values as fit, the largest left out first. */
export function withinBytes(entry: AuditEntry, bytesMax: number): AuditEntry {
  const held = entry.dropped.filter(({ value }) => value !== undefined);
  let bytes = held.reduce((sum, row) => sum + row.bytes, 0);
  const without = new Set<string>();
  for (const row of held.toSorted((a, b) => b.bytes - a.bytes)) {
    if (bytes <= bytesMax) break;
    without.add(row.version);
    bytes -= row.bytes;
  }
  if (without.size === 0) return entry;
  const dropped = entry.dropped.map((row) =>
    without.has(row.version) ? { ...row, value: undefined } : row,
  );
  return { ...entry, dropped };
}

/** What several replicas have kept, each resolution once, the latest first. */
export function mergeEntries(lists: Iterable<readonly AuditEntry[]>): AuditEntry[] {
  const byKept = new Map<string, AuditEntry>();
  for (const list of lists) {
    for (const entry of list) byKept.set(entry.kept, fuller(entry, byKept.get(entry.kept)));
  }
  return [...byKept.values()].sort((a, b) => b.at - a.at || (a.kept < b.kept ? -1 : 1));
}

function fuller(a: AuditEntry, b: AuditEntry | undefined): AuditEntry {
  return b !== undefined && valuesOf(b) >= valuesOf(a) ? b : a;
}

function valuesOf({ dropped }: AuditEntry): number {
  return dropped.filter(({ value }) => value !== undefined).length;
}
