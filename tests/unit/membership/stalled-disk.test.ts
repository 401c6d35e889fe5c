/** A node whose disk does not answer: it says so, others take what is written, nothing is lost. */
import t from 'tap';
import { LocalCluster } from '../local-cluster.js';

t.test('status, readiness and metrics name a disk that does not answer', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const disk = cluster.disks.get('n2');
  const observer = cluster.observers.get('n2');
  if (disk === undefined || observer === undefined) throw new Error('n2 has no disk');
  const stalledSeconds = async (): Promise<number | undefined> => {
    await cluster.wait(cluster.node('n2').gauges.measure());
    return observer.measures.get('quorate_disk_stalled_seconds');
  };
  const statusSeenBy = (id: string) => cluster.wait(cluster.node(id).cluster.status());
  t.equal(await stalledSeconds(), 0);

  disk.held = true;
  await cluster.put('n1', 'k', 'one');
  await cluster.clock.advance(6_000);
  await cluster.put('n2', 'k', 'two');
  const now = await stalledSeconds();
  t.ok(now !== undefined && now >= 6 && now < 8, `${now}`);
  t.match(cluster.node('n2').cluster.readiness(undefined), {
    ready: true,
    reason: /^the disk of this node has not answered for \d s$/,
  });
  for (const id of ['n1', 'n2']) {
    const { alerts, verdict, nodes } = await statusSeenBy(id);
    t.same(alerts, ['the disk of n2 does not answer: what is written there waits']);
    t.equal(verdict, 'degraded');
    const reports = nodes.map(({ report }) => report?.storage);
    t.same(reports, ['ok', 'stalled', 'ok']);
    t.equal(nodes[1]?.report?.stored, undefined, 'nobody waits for it');
  }
  const reported = observer.events.filter((event) => event.startsWith('the disk'));
  t.same(reported, ['the disk does not answer']);

  disk.held = false;
  while (disk.waiting.length > 0) await disk.release();
  t.equal(await stalledSeconds(), 0);
  t.same((await statusSeenBy('n1')).alerts, []);
  t.equal(cluster.node('n2').cluster.readiness(undefined).reason, undefined);
  t.equal(observer.events.filter((event) => event === 'the disk answers again').length, 1);
  t.same(await cluster.texts('n2', 'k', { level: 'all' }), ['two']);
});

t.test('what clients write there is passed on, however long it lasts', async (t) => {
  const cluster = await LocalCluster.of({ limits: { storageQueueBytesMax: 1_000 } });
  t.teardown(() => cluster.stop());
  const disks = [...cluster.disks.values()];
  const [, second] = disks;
  if (second === undefined) throw new Error('n2 has no disk');
  second.held = true;
  await cluster.put('n1', 'k', 'before');
  await cluster.clock.advance(6_000);
  for (let n = 0; n < 30; n += 1) {
    const { version } = await cluster.put('n2', `k${n}`, 'x'.repeat(100));
    t.notMatch(version, /^n2\./, 'another owner mints it');
  }

  for (const disk of disks) disk.held = true;
  const waiting = cluster.put('n1', 'k', 'waits').catch(() => undefined);
  await cluster.clock.advance(6_000);
  await waiting;
  for (const id of cluster.ids) {
    const refused = { code: 'overloaded', outcome: 'none', message: /does not answer/ };
    await t.rejects(cluster.put(id, 'k', 'nowhere'), refused, 'where no disk answers');
  }
  for (const disk of disks) {
    disk.held = false;
    while (disk.waiting.length > 0) await disk.release();
  }
  const { version } = await cluster.put('n2', 'k', 'after');
  t.match(version, /^n2\./);
});
