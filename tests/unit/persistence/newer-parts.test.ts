/** One part of a disk is of a newer build, all else of this one: the start is refused. */
import t from 'tap';
import { encodeStored, STORED_FORMAT } from '../../../lib/persistence/checksummed.js';
import { clockKey } from '../../../lib/persistence/clock-keys.js';
import { heldTicketKey, partitionKey, SINGLE_KEYS } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';
import { asOfFormat } from './other-format.js';

const EVERYTHING = { from: '', before: '\u{10ffff}', limit: 10_000 };
/** All that a start reads. */
const READ = [
  ...Object.values(SINGLE_KEYS),
  heldTicketKey('n2'),
  ...(['rebuilding', 'digest', 'ballots'] as const).map((kind) => partitionKey(kind, 3)),
  clockKey(3, 'n1.1.0123456789ab'),
];

t.test('whichever part it is, it is named, and nothing is touched', async (t) => {
  const cluster = await LocalCluster.of({ nodes: 1, replicas: 1 });
  await cluster.put('n1', 'k', 'x');
  await cluster.stopCleanly('n1');
  const disk = await cluster.copyOfDisk('n1');
  for (const key of READ) {
    const storage = await disk.afterCrash();
    const known = storage.get(key) ?? encodeStored(key, []);
    const value = asOfFormat(key, known, STORED_FORMAT + 1);
    await storage.write([{ type: 'put', key, value }], { sync: true });
    const before = await storage.range(EVERYTHING);
    cluster.disks.set('n1', storage);
    const names = `the value of "${key}" is stored in format ${STORED_FORMAT + 1}`;
    await t.rejects(cluster.start('n1'), { code: 'unknown_format', message: names }, key);
    t.strictSame(await storage.range(EVERYTHING), before, `${key}: nothing is touched`);
  }
});
