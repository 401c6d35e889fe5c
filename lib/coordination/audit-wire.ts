/** Audit entries and dropped versions as they travel. */
import type { AuditEntry, DroppedVersion } from '../resolution/audit-entry.js';
import type { WireAuditEntry, WireDropped } from './messages.js';

export function droppedToWire(row: DroppedVersion): WireDropped {
  return { ...row, value: row.value ?? null };
}

export function droppedFromWire(row: WireDropped): DroppedVersion {
  return { ...row, value: row.value ?? undefined };
}

export function entryToWire(entry: AuditEntry): WireAuditEntry {
  return { ...entry, dropped: entry.dropped.map(droppedToWire) };
}

export function entryFromWire(entry: WireAuditEntry): AuditEntry {
  return { ...entry, dropped: entry.dropped.map(droppedFromWire) };
}
