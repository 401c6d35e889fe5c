/** 64 values of 1 MiB at once: all are written and read, others go on, and memory is bounded. */
import { join } from 'node:path';
import t from 'tap';
import { LargeLoad } from './large-load.js';
import { freeBasePort, RealCluster } from './real-cluster.js';

const COUNT = 64;
/** Two copies of all at once, the cache of records, and what was not collected yet. */
const MEMORY_BYTES_MAX = 320 * 1024 * 1024;

t.test('many large values at once stop nobody', async (t) => {
  const words = ['--base-port', String(await freeBasePort()), '--partitions', '64'];
  const cluster = await RealCluster.start(t, join(t.testdir(), 'data'), words);
  const load = new LargeLoad(cluster.url(cluster.ids[0] ?? ''), COUNT);
  t.teardown(() => load.close());
  const works = [() => load.put(false), () => load.get(), () => load.put(true), () => load.get()];
  for (const work of works) {
    const { statuses, small, smallFailures, memoryBytes } = await work();
    t.same([...statuses], [[200, COUNT]]);
    t.equal(smallFailures, 0);
    t.ok(small.length > 0);
    t.ok(memoryBytes < MEMORY_BYTES_MAX, `${Math.round(memoryBytes / 1024 / 1024)} MiB`);
  }
  await cluster.end('SIGTERM');
});
