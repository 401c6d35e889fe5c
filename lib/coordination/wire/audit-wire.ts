/** Audit entries and dropped versions as they travel. */
import { decodeFrame, encodeFrame } from '../../encoding/frame.js';
import { OperatingError } from '../../errors.js';
import type { WholeVersion } from '../../persistence/versions.js';
import type { AuditEntry, DroppedVersion } from '../../resolution/audit-entry.js';
import { auditEntry, type WireAuditEntry, type WireDropped } from './messages.js';

function droppedToWire(row: DroppedVersion): WireDropped {
  return { ...row, value: row.value ?? null };
}

function droppedFromWire(row: WireDropped): DroppedVersion {
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

const NO_AUDIT = new Uint8Array(0);

/** As a copy carries it. */
export function encodeAudit(entry: WireAuditEntry | undefined): Uint8Array {
  return entry === undefined ? NO_AUDIT : encodeFrame([entry]);
}

/** @throws OperatingError `corrupt_bytes` */
export function decodeAudit(bytes: Uint8Array): AuditEntry | undefined {
  if (bytes.length === 0) return undefined;
  const parsed = auditEntry.safeParse(decodeFrame(bytes)[0]);
  if (parsed.success) return entryFromWire(parsed.data);
  throw new OperatingError('corrupt_bytes', 'an audit entry is malformed', { cause: parsed.error });
}
