/** What a write leaves behind in the audit of its key: of a resolution, or of a blind write. */
import type { NodeId } from '../../environment/transport.js';
import type { Minted } from '../../replica/mint-on.js';
import type { ClaimedHere } from '../../replica/replica.js';
import { type AuditEntry, BLIND_WRITE } from '../../resolution/audit-entry.js';
import type { Put } from '../request/put-request.js';

/**
 * A blind write has an entry where it dropped two values or more, and where it took any that its
 * replica did not hold when it was minted. The entry of a claim stands for that of its write.
 */
export function auditOf(
  { seen, resolving }: Put,
  self: NodeId,
  { replaced }: Minted,
  claimed: ClaimedHere | undefined,
): Omit<AuditEntry, 'at' | 'kept'> | undefined {
  if (resolving !== undefined) return resolving;
  if (seen !== undefined || (replaced.length < 2 && claimed === undefined)) return undefined;
  const dropped = [...replaced, ...(claimed?.replaced ?? [])];
  return { strategy: BLIND_WRITE, by: self, dropped };
}
