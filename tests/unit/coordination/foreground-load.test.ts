/** Who waits on a replica is counted while it works for a coordinator elsewhere. */
import t from 'tap';
import { LocalCluster } from '../local-cluster.js';

t.test('a write of a peer counts until it is on the disk, or has failed', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const disk = cluster.disks.get('n2');
  const { foreground } = cluster.node('n2');
  if (disk === undefined) throw new Error('no disk');
  disk.held = true;
  await cluster.put('n1', 'k', 'x', { level: 'quorum' });
  t.equal(foreground.requests, 1, 'it waits for the disk');
  disk.held = false;
  await disk.release();
  t.equal(foreground.requests, 0);
  disk.held = true;
  await cluster.put('n1', 'k', 'y', { level: 'quorum' });
  t.equal(foreground.requests, 1);
  await disk.fail();
  t.equal(foreground.requests, 0);
});
