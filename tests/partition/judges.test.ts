/** The judges of the partition tests, themselves judged: each must find what was broken for it. */
import t from 'tap';
import { Availability } from './availability.js';
import { LocalCluster } from './local-cluster.js';
import { WriteLog } from './write-log.js';

const three = ['n1', 'n2', 'n3'];

t.test('a write behind the back of the log is found, and so is one that is gone', async (t) => {
  const cluster = await LocalCluster.start(three);
  t.teardown(() => cluster.stop());
  const log = new WriteLog(cluster);
  await log.put('n1', 'k', 'all');
  await log.put('n2', 'k', 'all');
  await cluster.untilAlike(['k']);
  t.strictSame(log.faults(), []);
  await cluster.put('n3', 'k', 'nobody logged this', 'all');
  await cluster.untilAlike(['k']);
  t.match(log.faults().join('\n'), /n1 holds k: .*and lost "n2 all 2"/);
  t.match(log.faults().join('\n'), /"nobody logged this" was refused, replaced or never written/);
  await cluster.delete('n3', 'k', 'all');
  await cluster.untilAlike(['k']);
  t.match(log.faults().join('\n'), /n3 holds k: \[\]: nothing is left/);
});

t.test('an outcome that the ring does not explain is found', async (t) => {
  const cluster = await LocalCluster.start(three);
  t.teardown(() => cluster.stop());
  const availability = new Availability();
  const log = new WriteLog(cluster);
  const side = { name: 'all', nodes: three };
  await availability.tryAll(cluster, side, () => three, ['k'], log);
  t.strictSame(availability.surprises, []);
  await availability.tryAll(cluster, side, (id) => [id], ['k'], log);
  t.ok(availability.surprises.length > 0, 'who is told of a cut that there is not');
  t.match(availability.surprises[0], /two on n1, primaries .*: ok/);
});
