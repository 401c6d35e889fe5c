/** What a proposer cannot learn, since too much waits for its disk, is not decided without (K4). */
import t from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';

const FIRST = { level: 'strong', precondition: { is: 'absent' } } as const;

t.test('of two that create a key one does, whatever waits for the disk', async (t) => {
  const cluster = await LocalCluster.of({ limits: { storageQueueBytesMax: 1_000 } });
  t.teardown(() => cluster.stop());
  const { partition } = recordKey('default', 'k', 16);
  // So there is a proposer.
  await cluster.get('n1', 'k', { level: 'strong' });
  const proposer = cluster.node('n1').disk.acceptor.promised(partition).node;
  const disk = cluster.disks.get(proposer);
  if (disk === undefined) throw new Error('the proposer has a disk');

  disk.held = true;
  const put = (text: string) => cluster.put(proposer, 'k', text, FIRST);
  const long = 'x'.repeat(2_000);
  const made = await Promise.allSettled([put(`1${long}`), put(`2${long}`)]);
  disk.held = false;
  while (disk.waiting.length > 0) await disk.release();
  const applied = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  t.equal(applied.length, 1);
  const found = await cluster.texts('n1', 'k', { level: 'strong' });
  t.same(
    found.map((text) => text[0]),
    ['1'],
  );
});
