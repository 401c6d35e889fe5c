/** Damage and its rebuild while too much waits for the disk. */
import t from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { turn } from '../fakes.js';
import { LocalCluster } from '../local-cluster.js';
import { intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';

const at = recordKey('default', 'k', PARTITIONS);

t.test('until the damage is marked, the clock from before is left on the disk', async (t) => {
  const disk = await openDisk();
  const { replica, clocks, health, storage, store } = disk;
  const { value, committed } = replica.mint(at, intentOf('1'), 'sync', nothingElse);
  await committed;
  await clocks.persist();
  storage.held = true;
  store.transact((transaction) => transaction.put('x', new Uint8Array(11_000_000)));
  health.damage(at.partition, 'test');
  await turn();
  storage.held = false;
  await storage.release();
  // More is seen of the same writer, and clocks are written before the marker is tried again.
  clocks.noteVoid(at.partition, [{ ...value.dot, n: 9 }]);
  await clocks.persist();
  const crashed = await openDisk({ storage: await storage.afterCrash() });
  t.ok(crashed.clocks.persisted(at.partition).has(value.dot), 'it tells of the damage');
  health.persist();
  await store.sync();
  await clocks.persist();
  const later = await openDisk({ storage: await storage.afterCrash() });
  t.strictSame(later.health.rebuilding, [at.partition]);
  t.notOk(later.clocks.persisted(at.partition).has(value.dot));
});

t.test('a rebuild whose end is refused copies nothing again', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  await cluster.put('n1', 'k', 'x', { level: 'all' });
  const { partition } = recordKey('default', 'k', 16);
  const { health, identity } = cluster.node('n3').disk;
  const rebuilt = health.rebuilt.bind(health);
  const starts: number[] = [];
  health.rebuilt = (partition) => {
    starts.push(identity.start);
    if (starts.length > 1) return rebuilt(partition);
    return Promise.reject(new OperatingError('overloaded', 'too many bytes wait for the disk'));
  };
  health.damage(partition, 'test');
  await cluster.clock.advance(60_000);
  t.strictSame(health.rebuilding, []);
  t.strictSame(starts, [identity.start, identity.start], 'the loss was announced once');
});
