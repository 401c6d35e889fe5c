/** When the tombstone of a key is collected, nothing of the key is left on the disk. */
import t from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { intentOf, nothingElse, openDisk, PARTITIONS } from './disk.js';

const at = recordKey('default', 'a-key-of-its-own', PARTITIONS);
const DELETE = intentOf('', { change: { state: 'tombstone' } });

t.test('not kept versions, not the audit, not an entry of an index', async (t) => {
  const disk = await openDisk();
  const { replica, versions, audits, endings, store, storage, largest } = disk;
  const names = async (): Promise<string[]> => {
    await store.sync();
    const all = await storage.range({ from: '', before: '\u{10ffff}', limit: 1_000 });
    return all.map(([key]) => key).filter((key) => key.includes(at.key));
  };
  versions.follow(() => ({ count: 10, seconds: 0 }));
  for (const text of ['one', 'two', 'three']) {
    replica.mint(at, intentOf(text), 'sync', nothingElse);
  }
  const { dot } = replica.mint(at, intentOf('four'), 'sync', nothingElse).value;
  const kept = `${dot.writer}.${dot.n}`;
  const dropped = [
    { version: 'x', contentType: '', value: new Uint8Array(9), bytes: 9, writtenAt: 1 },
  ];
  audits.add(at, { at: 1, strategy: 'greatest', by: 'read', kept, dropped }, 'sync');
  replica.mint(at, DELETE, 'sync', nothingElse);
  t.equal(versions.list(at).length, 4, 'a delete keeps them until it is forgotten itself');
  t.equal(audits.list(at).length, 1);
  t.ok((await names()).length > 6);
  const fingerprint = replica.read(at)?.fingerprint ?? '';
  t.equal(await endings.collect(at, fingerprint).value, true);
  t.strictSame(await names(), []);
  t.strictSame(versions.list(at), []);
  t.strictSame(audits.list(at), []);
  t.strictSame(largest.alarming, []);
});
