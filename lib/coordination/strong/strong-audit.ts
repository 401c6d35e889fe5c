/** What a strong write leaves behind in the audit of its key, at the proposer that decided it. */
import type { Clock } from '../../environment/clock.js';
import type { Observer } from '../../environment/observer.js';
import type { NodeId } from '../../environment/transport.js';
import type { Result } from '../../consensus/effects.js';
import { messageOf, OperatingError } from '../../errors.js';
import type { Audits } from '../../persistence/audits.js';
import type { RecordKey } from '../../persistence/keyspace.js';
import { BLIND_WRITE, droppedVersion } from '../../resolution/audit-entry.js';
import { dotText } from '../../versioning/dot.js';
import type { StrongIntent } from './strong-intent.js';

export interface StrongAuditOptions {
  readonly self: NodeId;
  readonly audits: Audits;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** As of a plain write: where it dropped two values or more, or resolved them. */
export function auditStrong(
  { self, audits, clock, observer }: StrongAuditOptions,
  at: RecordKey,
  intent: StrongIntent | undefined,
  { dot, replaced }: Extract<Result, { is: 'applied' }>,
): void {
  const isBlind = intent?.seen === undefined;
  if (intent?.resolving === undefined && !(isBlind && replaced.length > 1)) return;
  const { strategy, by } = intent?.resolving ?? { strategy: BLIND_WRITE, by: self };
  const dropped = replaced.map(droppedVersion);
  const entry = { at: clock.wallMilliseconds(), strategy, by, kept: dotText(dot), dropped };
  const lost = (error: unknown): void => {
    if (!(error instanceof OperatingError)) throw error;
    const reason = messageOf(error);
    observer.log('warn', 'what a strong write dropped could not be kept', { reason });
  };
  try {
    audits.add(at, entry, 'os').committed.catch(lost);
  } catch (error) {
    lost(error);
  }
}
