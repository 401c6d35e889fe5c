/** Index entries that belong to no record, as damage may leave them: found when they are due. */
import { indexEntriesOf } from './indexes.js';
import type { RecordKey } from './keyspace.js';
import type { RecordTable } from './record-table.js';
import type { Store } from './store.js';

/**
 * Such an entry would be looked at for ever, and would stand for what the key becomes later.
 * @returns undefined: it belongs to the record
 * @throws OperatingError `corrupt_bytes`, `unknown_format`: of the record nothing is known
 */
export function dropIfStale(
  { store, table }: { readonly store: Store; readonly table: RecordTable },
  at: RecordKey,
  entry: string,
): Promise<void> | undefined {
  if (indexEntriesOf(at, table.read(at)?.siblings).has(entry)) return undefined;
  const drop = (transaction: { delete(key: string): void }): void => {
    transaction.delete(entry);
    table.entryDropped(entry);
  };
  return store.transact(drop, 'os', 'shrinking').committed;
}
