/** Records that are read for others than a request: one that is damaged must not fail the rest. */
import type { Observer } from '../environment/observer.js';
import { isCorrupt, isUnknownFormat } from '../errors.js';
import type { RecordKey } from '../persistence/keyspace.js';
import type { RecordTable, StoredRecord } from '../persistence/record-table.js';
import type { PartitionHealth } from '../replica/health.js';

export interface RecordReading {
  readonly table: RecordTable;
  readonly health: PartitionHealth;
  readonly observer: Observer;
}

/**
 * What was last decided for the key. Undefined also where the record is damaged: from then on its
 * partition is under rebuild.
 * @throws OperatingError `unknown_format`
 */
export function readOrDamage(
  { table, health, observer }: RecordReading,
  at: RecordKey,
): StoredRecord | undefined {
  try {
    return table.read(at);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    observer.count('quorate_corrupt_records_total');
    if (!health.isRebuilding(at.partition)) health.damage(at.partition, 'checksum');
    return undefined;
  }
}

/** The same; undefined also where another build wrote it: it holds up no other. */
export function readKnown(options: RecordReading, at: RecordKey): StoredRecord | undefined {
  try {
    return readOrDamage(options, at);
  } catch (error) {
    if (isUnknownFormat(error)) return undefined;
    throw error;
  }
}
