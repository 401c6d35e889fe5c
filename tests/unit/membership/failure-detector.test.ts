/** Who is up: an open link and answered heartbeats; a silent link is taken down and opened anew. */
import t from 'tap';
import { LocalCluster } from '../local-cluster.js';

t.test('a peer is up, suspect, then down, as heartbeats go unanswered', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const sees = (): unknown =>
    cluster
      .node('n1')
      .cluster.locate('default', 'k')
      .primaries.map(({ node, up }) => `${node} ${up}`)
      .sort();
  await cluster.clock.advance(2_000);
  t.strictSame(sees(), ['n1 true', 'n2 true', 'n3 true']);
  cluster.network.gate = (from, to) => from !== 'n3' && to !== 'n3';
  await cluster.clock.advance(2_400);
  t.strictSame(sees(), ['n1 true', 'n2 true', 'n3 true'], 'suspect, still asked');
  await cluster.clock.advance(2_000);
  t.strictSame(sees(), ['n1 true', 'n2 true', 'n3 false'], 'no request waits for it');
  const before = cluster.clock.monotonicMilliseconds();
  await cluster.put('n1', 'k', 'x');
  t.ok(cluster.clock.monotonicMilliseconds() - before < 50);
  cluster.network.gate = () => true;
  cluster.network.heal();
  await cluster.clock.advance(3_000);
  t.strictSame(sees(), ['n1 true', 'n2 true', 'n3 true'], 'opened anew');
  const missed = ['n1', 'n3'].some((id) =>
    cluster.observers.get(id)?.events.includes('peer missed its heartbeats'),
  );
  t.ok(missed, 'one side has noticed, and both links are closed');
  cluster.network.cut('n1', 'n2');
  t.strictSame(sees(), ['n1 true', 'n2 false', 'n3 true'], 'a closed link is known at once');
});

t.test('plans are made anew when a link closes, when time passes, after a silence', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  await cluster.clock.advance(2_000);
  const { view } = cluster.node('n1');
  const moved = async (what: string, happen: () => unknown): Promise<void> => {
    const before = view.revision;
    await happen();
    t.ok(view.revision > before, what);
  };
  await moved('a link closes', () => cluster.network.cut('n1', 'n2'));
  await moved('it opens again', async () => {
    cluster.network.heal();
    await cluster.clock.advance(400);
  });
  t.ok(view.isUp('n2'));
  cluster.network.gate = (from, to) => from !== 'n3' && to !== 'n3';
  while (!view.isSuspect('n3')) await moved('a heartbeat later', () => cluster.clock.advance(600));
  t.ok(view.isUp('n3'), 'suspicion comes of time alone: no link has closed');
});
