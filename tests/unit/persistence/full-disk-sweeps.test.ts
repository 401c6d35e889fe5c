/** What leaves by itself does so on a disk that is nearly full, too: else it would never empty. */
import t from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import {
  hintAgeKey,
  hintKey,
  PREFIX,
  rangeOf,
  recordKey,
} from '../../../lib/persistence/keyspace.js';
import { type Disk, intentOf, nothingElse, openDisk, PARTITIONS } from './disk.js';

const at = recordKey('default', 'k', PARTITIONS);
const AUDIT = { at: 1, strategy: 'max', by: 'n1', kept: 'n1.1.000000000000.1', dropped: [] };

async function countOf({ storage }: Disk, prefix: string): Promise<number> {
  return (await storage.range({ ...rangeOf(prefix), limit: 1_000 })).length;
}

/** From now on; what a client writes is refused. */
function fill({ store, replica }: Disk, mayShrink = true): void {
  store.setReadOnly(new OperatingError('read_only', 'the disk is nearly full'), mayShrink);
  t.throws(() => replica.mint(at, intentOf('x'), 'sync', nothingElse), { code: 'read_only' });
}

t.test('kept versions that are too many', async (t) => {
  const disk = await openDisk();
  let count = 3;
  disk.versions.follow(() => ({ count, seconds: 0 }));
  for (const text of ['1', '2', '3', '4']) {
    await disk.replica.mint(at, intentOf(text), 'sync', nothingElse).committed;
  }
  t.equal(await countOf(disk, PREFIX.version), 3);
  fill(disk);
  count = 1;
  await disk.versions.sweep();
  t.equal(await countOf(disk, PREFIX.version), 1);
  count = 0;
  await disk.versions.sweep();
  t.equal(await countOf(disk, PREFIX.version), 0);
  t.equal(await countOf(disk, PREFIX.versionList), 0);
});

t.test('entries of the audit that are too old', async (t) => {
  const disk = await openDisk();
  await disk.audits.add(at, AUDIT, 'sync').committed;
  t.equal(await countOf(disk, PREFIX.audit), 1);
  await disk.clock.advance(1_000_001);
  fill(disk, false);
  await t.rejects(disk.audits.sweep(), { code: 'read_only' }, 'but not on the last bytes');
  fill(disk);
  await disk.audits.sweep();
  t.equal(await countOf(disk, PREFIX.audit), 0);
  t.equal(await countOf(disk, PREFIX.auditList), 0);
});

t.test('hints that are damaged, and entries of hints that are gone', async (t) => {
  const disk = await openDisk();
  const { bytes } = disk.replica.mint(at, intentOf('1'), 'sync', nothingElse).value;
  await disk.hints.hold('n3', at, bytes, 'sync').committed;
  const key = hintKey('n3', at);
  const damaged = { type: 'put', key, value: Uint8Array.of(1, 2, 3) } as const;
  const stale = { type: 'put', key: hintAgeKey('n3', at, 5), value: new Uint8Array() } as const;
  await disk.storage.write([damaged, stale], { sync: true });
  fill(disk);
  t.strictSame((await disk.hints.page('n3', '', 10)).hints, []);
  t.equal(disk.storage.get(key), undefined, 'the damaged one is gone');
  t.strictSame((await disk.hints.aged('n3', '', Number.POSITIVE_INFINITY, 10)).hints, []);
  t.equal(await countOf(disk, PREFIX.hintByAge), 0);
});
