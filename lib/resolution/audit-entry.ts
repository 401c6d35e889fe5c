/** What a resolution leaves behind: who decided what, by which rule, and what was dropped. */
import { type Dot, dotText } from '../versioning/dot.js';
import type { Siblings, Version } from '../versioning/siblings.js';

/** As it is named beside the strategies that resolve siblings. */
export const BLIND_WRITE = 'blind-write';

export interface DroppedVersion {
  readonly version: string;
  readonly contentType: string;
  /** Undefined where there was no room for it, or nobody here had read it. */
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

/** A version that is dropped though its value is not here. */
export function unreadVersion(dot: Dot, writtenAt: number): DroppedVersion {
  return { version: dotText(dot), contentType: '', value: undefined, bytes: 0, writtenAt };
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

/** The entry with those of its values that are held here. */
export function filledFrom(entry: AuditEntry, held: Siblings | undefined): AuditEntry {
  if (held === undefined || entry.dropped.every(({ value }) => value !== undefined)) return entry;
  const dropped = entry.dropped.map((row) => {
    if (row.value !== undefined) return row;
    const here = held.versions.find(({ dot, state }) => {
      return state === 'value' && dotText(dot) === row.version;
    });
    return here === undefined ? row : droppedVersion(here);
  });
  return { ...entry, dropped };
}

/** What several replicas have kept, each resolution once, the latest first. */
export function mergeEntries(lists: Iterable<readonly AuditEntry[]>): AuditEntry[] {
  const byKept = new Map<string, AuditEntry>();
  for (const list of lists) {
    for (const entry of list) byKept.set(entry.kept, joined(entry, byKept.get(entry.kept)));
  }
  return [...byKept.values()].sort((a, b) => b.at - a.at || (a.kept < b.kept ? -1 : 1));
}

/** What either says was dropped, with the values of either: each replica has read some. */
function joined(a: AuditEntry, b: AuditEntry | undefined): AuditEntry {
  if (b === undefined) return a;
  const rows = new Map(b.dropped.map((row) => [row.version, row]));
  for (const row of a.dropped) {
    if (rows.get(row.version)?.value === undefined) rows.set(row.version, row);
  }
  return { ...a, dropped: [...rows.values()] };
}
