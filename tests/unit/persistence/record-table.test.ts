/** The table of records: what it remembers of them. */
import t from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { intentOf, nothingElse, openDisk, PARTITIONS } from './disk.js';

t.test('without a cache each look reads the disk', async (t) => {
  const disk = await openDisk({ cacheBytesMax: 0 });
  const at = recordKey('default', 'k', PARTITIONS);
  await disk.replica.mint(at, intentOf('x'), 'sync', nothingElse).committed;
  await disk.storage.write([{ type: 'delete', key: at.storageKey }], { sync: true });
  t.equal(disk.table.read(at), undefined);
});
