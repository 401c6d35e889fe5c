/** Audit entries and dropped versions as they travel. */
import type { WholeVersion } from '../persistence/versions.js';
import type { AuditEntry, DroppedVersion } from '../resolution/audit-entry.js';
import type { WireAuditEntry, WireDropped } from './messages.js';

export function droppedToWire(row: DroppedVersion): WireDropped {
  return { ...row, value: row.value ?? null };
}

export function droppedFromWire(row: WireDropped): DroppedVersion {
  return { ...row, value: row.value ?? undefined };
}

/** Of a kept version. */
export function wholeToWire(whole: WholeVersion | undefined): WireDropped | null {
  return whole === undefined ? null : { ...whole };
}

export function entryToWire(entry: AuditEntry): WireAuditEntry {
  return { ...entry, dropped: entry.dropped.map(droppedToWire) };
}

export function entryFromWire(entry: WireAuditEntry): AuditEntry {
  return { ...entry, dropped: entry.dropped.map(droppedFromWire) };
}
