/** What minting makes of a state: of the own record at a primary, of the hints at a stand-in. */
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { RecordKey } from '../persistence/keyspace.js';
import { assertRecordFits, type RecordLimits } from '../persistence/record-limits.js';
import { encodeRecord } from '../persistence/records.js';
import type { HybridClock } from '../versioning/hybrid-clock.js';
import type { Siblings } from '../versioning/siblings.js';
import { type Intent, type Moment, realise, type Realised } from './intent.js';
import type { Minter } from './minter.js';

export interface Minted extends Realised {
  readonly bytes: Uint8Array;
}

export function momentOf(clocks: {
  readonly expiryClock: ExpiryClock;
  readonly hybridClock: HybridClock;
}): Moment {
  return { wallMilliseconds: clocks.expiryClock.now(), hybrid: clocks.hybridClock.now() };
}

/**
 * The new state under the next dot of the partition's writer. It must be stored in the same step,
 * and the dot be consumed (`Minter.consume`).
 * @throws OperatingError as `realise` and `assertRecordFits`
 */
export function mintOn(
  parts: RecordLimits & { readonly minter: Minter },
  at: RecordKey,
  own: { readonly siblings: Siblings; readonly bytes: Uint8Array } | undefined,
  intent: Intent,
  moment: Moment,
): Minted {
  const next = parts.minter.next(at.partition, own?.siblings.context, intent.seen);
  const realised = realise(own?.siblings, intent, moment, next);
  const { siblings } = realised;
  const bytes = encodeRecord(at, siblings);
  const isDelete = intent.change.state === 'tombstone';
  assertRecordFits(parts, own, intent.seen, { siblings, bytes }, isDelete);
  return { ...realised, bytes };
}
