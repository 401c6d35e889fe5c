/** What is said of hints: by whom, for whom, since when, until when, and why they still wait. */
import t, { type Test } from 'tap';
import type { HintsView } from '../../../lib/hints/hints-report.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  return cluster;
}

const viewOf = (cluster: LocalCluster, id: string): Promise<HintsView> =>
  cluster.wait(cluster.node(id).handoff.heldHints());

t.test('every node tells what all hold, and who did not answer', async (t) => {
  const cluster = await clusterFor(t);
  t.strictSame(await viewOf(cluster, 'n1'), { hints: [], unanswered: [] });
  await cluster.crash('n3');
  const began = cluster.clock.wallMilliseconds();
  for (let i = 0; i < 20; i += 1) await cluster.put(i < 10 ? 'n1' : 'n2', `key ${i}`, 'x');
  for (const id of ['n1', 'n2']) {
    const { hints, unanswered } = await viewOf(cluster, id);
    t.strictSame(unanswered, ['n3']);
    t.strictSame(
      hints.map(({ holder, target, count, reason }) => [holder, target, count, reason]),
      [
        ['n1', 'n3', 10, 'n3 is down'],
        ['n2', 'n3', 10, 'n3 is down'],
      ],
    );
    for (const { oldest = '', bytes } of hints) {
      t.ok(Date.parse(oldest) >= began && Date.parse(oldest) < began + 60_000);
      t.ok(bytes > 0);
    }
    t.ok(
      hints.every((row) => !Object.hasOwn(row, 'estimated_end')),
      'nobody knows',
    );
  }
});

t.test('the end is estimated from the rate of the delivery', async (t) => {
  const limits = { hintsPerSecondMax: 2, hintBatchSize: 1 };
  const cluster = await clusterFor(t, { limits });
  await cluster.crash('n3');
  for (let i = 0; i < 60; i += 1) await cluster.put('n1', `key ${i}`, 'x');
  await cluster.restart('n3');
  await cluster.clock.advance(10_000);
  const { hints } = await viewOf(cluster, 'n2');
  const row = hints.find(({ holder }) => holder === 'n1');
  t.equal(row?.reason, 'n3 asks for pauses');
  const left = (Date.parse(row?.estimated_end ?? '') - cluster.clock.wallMilliseconds()) / 1000;
  const expected = (row?.count ?? 0) / 2;
  t.ok(Math.abs(left - expected) < 0.3 * expected, `${left} s for ${expected}`);
});

t.test('why they were not delivered', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.crash('n3');
  await cluster.put('n1', 'k', 'x');
  const disk = cluster.disks.get('n3');
  if (disk === undefined) throw new Error('n3 has a disk');
  // Its links open, and nothing is delivered yet: it must know its peers before its disk fails.
  const isExchange = (message: readonly unknown[]): boolean =>
    String(message[2]).startsWith('anti-entropy.');
  cluster.network.gate = (_from, _to, message) =>
    message[2] !== 'handoff.deliver' && !isExchange(message);
  await cluster.restart('n3');
  cluster.network.gate = (_from, to, message) => {
    if (to === 'n3' && message[2] === 'handoff.deliver') {
      disk.held = true;
      setImmediate(() => void disk.fail());
    }
    return !isExchange(message);
  };
  await cluster.clock.advance(10_000);
  const { hints } = await viewOf(cluster, 'n1');
  t.equal(hints[0]?.reason, 'n3 cannot write to its disk');
});
