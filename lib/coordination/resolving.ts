/** What sets a put apart that resolves siblings: where it is minted, and what it leaves behind. */
import { OperatingError } from '../errors.js';
import type { Minted } from '../persistence/replica.js';
import type { Transaction } from '../persistence/transaction.js';
import type { PreferenceList } from '../replication/preference-list.js';
import { type Dot, dotText, parseDot } from '../versioning/dot.js';
import { entryToWire } from './audit-wire.js';
import type { Collaborators } from './collaborators.js';
import { forward } from './forward.js';
import type { WireAuditEntry } from './messages.js';
import type { Put, PutResult, Resolving } from './put-request.js';

/**
 * All nodes mint the resolutions of a key at the same primary, the first that is up, and there all
 * but one find that the siblings have gone. Each at its own, they would leave siblings of their
 * results, and resolve those, for as long as the key is read. Undefined: it is to be minted where
 * any put would be.
 */
export async function putAtFirst(
  collaborators: Collaborators,
  request: Put,
  list: PreferenceList,
): Promise<PutResult | undefined> {
  if (request.resolving === undefined || request.forwarded) return undefined;
  const first = list.primaries.find(({ up }) => up);
  if (first === undefined || first.node === collaborators.view.self) return undefined;
  try {
    return await forward(collaborators, request, { ...list, primaries: [first] });
  } catch (error) {
    // It did nothing, and may be a while at what keeps it from it (a rebuild, a full queue).
    const { outcome, retryable } = error instanceof OperatingError ? error : NOT_OURS;
    if (outcome === 'none' && retryable) return undefined;
    throw error;
  }
}

const NOT_OURS = { outcome: 'unknown', retryable: false } as const;

/** A resolution leaves its audit entry in the transaction that writes its result. */
export function auditIn(
  { audits, clock }: Collaborators,
  transaction: Transaction,
  { at, resolving }: Put,
  { dot }: Minted,
): WireAuditEntry | undefined {
  if (resolving === undefined) return undefined;
  const wall = clock.wallMilliseconds();
  return entryToWire(audits.addIn(transaction, at, { ...resolving, at: wall, kept: dotText(dot) }));
}

export function resolvesOf(resolving: Resolving | undefined): Dot[] | undefined {
  return resolving?.dropped.flatMap(({ version }) => parseDot(version) ?? []);
}
