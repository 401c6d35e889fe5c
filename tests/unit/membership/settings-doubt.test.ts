/** A lost disk counts for no change of the settings before it has read those of the others. */
import t, { type Test } from 'tap';
import type { NodeId } from '../../../lib/environment/transport.js';
import type { SettingsAnswer } from '../../../lib/membership/settings-types.js';
import { LocalCluster } from '../local-cluster.js';

const BY = { ifMatch: undefined, dryRun: false, by: 'test' };

function change(cluster: LocalCluster, id: string, ifMatch?: string): Promise<SettingsAnswer> {
  return cluster.wait(
    cluster.node(id).settings.change({ read_repair_probability: 1 }, { ...BY, ifMatch }),
  );
}

const levelAt = (cluster: LocalCluster, id: NodeId): string =>
  cluster.node(id).settings.current().settings.default_level;

/** What n1 and n2 have acknowledged; then n1 is away, and the disk of n2 is lost. */
async function lostOf(t: Test, lose: (cluster: LocalCluster) => Promise<void>) {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const { version: before } = cluster.node('n3').settings.current();
  const kept = await cluster.copyOfDisk('n2');
  await cluster.crash('n3');
  const { by, ...options } = BY;
  const made = cluster.node('n1').settings.change({ default_level: 'one' }, { ...options, by });
  t.strictSame((await cluster.wait(made)).nodes, ['n1', 'n2']);
  for (const id of ['n1', 'n2']) await cluster.crash(id);
  await lose(cluster);
  return { cluster, before, kept };
}

t.test('wiped: the others of a majority are read first, across restarts', async (t) => {
  const { cluster, before } = await lostOf(t, async (it) => {
    it.disks.delete('n2');
  });
  for (const id of ['n3', 'n2']) await cluster.start(id);
  await cluster.clock.advance(3_000);
  const unsure = { code: 'settings_unavailable', outcome: 'none' };
  await t.rejects(change(cluster, 'n3', before), unsure, 'n2 cannot know what n1 knows');
  await t.rejects(change(cluster, 'n2', before), unsure);
  await cluster.crash('n2');
  await cluster.start('n2');
  await cluster.clock.advance(3_000);
  await t.rejects(change(cluster, 'n3', before), unsure, 'nor after a restart');
  await cluster.start('n1');
  await cluster.clock.advance(3_000);
  for (const id of ['n2', 'n3']) t.equal(levelAt(cluster, id), 'one', id);
  await cluster.crash('n1');
  await cluster.clock.advance(3_000);
  t.strictSame((await change(cluster, 'n3')).nodes, ['n2', 'n3'], 'it counts again');
});

t.test('all but one wiped: they count once all have answered', async (t) => {
  const { cluster } = await lostOf(t, async (it) => {
    for (const id of ['n2', 'n3']) it.disks.delete(id);
  });
  for (const id of ['n1', 'n2', 'n3']) await cluster.start(id);
  await cluster.clock.advance(5_000);
  t.strictSame((await change(cluster, 'n3')).nodes, ['n1', 'n2', 'n3']);
  t.equal(levelAt(cluster, 'n3'), 'one');
});

t.test('settings that are damaged on the disk are in doubt, too', async (t) => {
  const { cluster, before } = await lostOf(t, (it) => it.spoil('n2', 'm/settings'));
  for (const id of ['n3', 'n2']) await cluster.start(id);
  await cluster.clock.advance(3_000);
  await t.rejects(change(cluster, 'n3', before), { code: 'settings_unavailable' });
});
