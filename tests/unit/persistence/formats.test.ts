/** What another build has stored is refused, and not taken for damaged. */
import t from 'tap';
import { STORED_FORMAT } from '../../../lib/persistence/checksummed.js';
import { decodeRecord, encodeRecord } from '../../../lib/persistence/records.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { asOfFormat } from './other-format.js';
import { intentOf, nothingElse, openDisk, PARTITIONS } from './disk.js';

const at = recordKey('default', 'k', PARTITIONS);
const EVERYTHING = { from: '', before: '~', limit: 1000 };
const FORMAT_AT = 8;

t.test('bytes of a later format are unknown, and not damaged', async (t) => {
  const context = { vector: new Map(), beyond: [] };
  const bytes = encodeRecord(at, { epoch: 1, context, versions: [] });
  const flipped = bytes.with(FORMAT_AT, STORED_FORMAT + 1);
  t.throws(() => decodeRecord(at, flipped), { code: 'corrupt_bytes' }, 'a bit has flipped');
  const later = asOfFormat(at.storageKey, bytes, STORED_FORMAT + 1);
  const names = new RegExp(`format ${STORED_FORMAT + 1}.*format ${STORED_FORMAT}$`);
  t.throws(() => decodeRecord(at, later), { code: 'unknown_format', message: names });
});

t.test('a disk that another build has written is refused before anything is written', async (t) => {
  const disk = await openDisk();
  await disk.replica.mint(at, intentOf('1'), 'sync', nothingElse).committed;
  const { storage } = disk;
  for (const [key, value] of await storage.range(EVERYTHING)) {
    // Index entries carry no format.
    if (value.length <= FORMAT_AT) continue;
    const later = asOfFormat(key, value, STORED_FORMAT + 1);
    await storage.write([{ type: 'put', key, value: later }], { sync: true });
  }
  const before = await storage.range(EVERYTHING);
  await t.rejects(openDisk({ storage }), { code: 'unknown_format' });
  t.strictSame(await storage.range(EVERYTHING), before);
});
