/** The strong level beside plain requests on the same keys: writes, blind writes, reads, lists. */
import t from 'tap';
import { LocalCluster } from '../local-cluster.js';
import { acceptorRequestsIn } from '../wire-names.js';

const STRONG = { level: 'strong' } as const;

/** A key that was written at strong, and is at rest since. */
async function written() {
  const cluster = await LocalCluster.of();
  await cluster.put('n1', 'k', 'first', STRONG);
  const { partition } = cluster.node('n1').cluster.locate('default', 'k');
  const proposer = cluster.node('n1').disk.acceptor.promised(partition).node;
  const [near = '', far = ''] = cluster.ids.filter((id) => id !== proposer);
  await cluster.clock.advance(5000);
  return { cluster, proposer, near, far };
}

t.test(
  'a plain write at quorum is seen by the next strong operation, and the reverse',
  async (t) => {
    const cluster = await LocalCluster.of();
    for (let i = 0; i < 6; i += 1) {
      const [writer, reader] = [cluster.ids[i % 3] ?? '', cluster.ids[(i + 1) % 3] ?? ''];
      await cluster.put(writer, 'k', `plain ${i}`);
      t.same(await cluster.texts(reader, 'k', STRONG), [`plain ${i}`]);
      await cluster.put(reader, 'k', `strong ${i}`, STRONG);
      t.same(await cluster.texts(writer, 'k'), [`strong ${i}`]);
    }
    await cluster.stop();
  },
);

t.test('a list at quorum shows what is accepted and not learned yet', async (t) => {
  const cluster = await LocalCluster.of();
  await cluster.put('n1', 'other', 'first', STRONG);
  const { partition } = cluster.node('n1').cluster.locate('default', 'k');
  await cluster.put('n1', 'k', 'first', STRONG);
  await cluster.put('n1', 'k', '', { ...STRONG, change: { state: 'tombstone' } });
  const proposer = cluster.node('n1').disk.acceptor.promised(partition).node;
  const [, far = ''] = cluster.ids.filter((id) => id !== proposer);
  await cluster.clock.advance(5000);
  cluster.network.gate = (_, to, message) => {
    const requests = acceptorRequestsIn(message);
    return requests.length === 0 || (to !== far && requests.every(({ is }) => is !== 'learn'));
  };
  await cluster.put(proposer, 'k', 'strong', STRONG);
  await cluster.crash(proposer);
  cluster.network.gate = () => true;
  await cluster.clock.advance(2000);
  const listed = cluster.node(far).keyLists.list({
    ...{ namespace: 'default', prefix: 'k', limit: 10, values: false, cursor: undefined },
    ...{ level: 'quorum', fallbacks: [], timeoutMilliseconds: 5000 },
  });
  const { items } = await cluster.wait(Promise.resolve(listed));
  t.strictSame(
    items.map(({ key }) => key),
    ['k'],
  );
  await cluster.stop();
});

t.test('a blind write at quorum replaces what is accepted and not learned yet', async (t) => {
  for (const asked of ['with the acceptance', 'beside it'] as const) {
    const { cluster, proposer, near, far } = await written();
    // `near` accepts and learns nothing of it, `far` hears of nothing; then the proposer is gone.
    cluster.network.gate = (_, to, message) => {
      const requests = acceptorRequestsIn(message);
      return requests.length === 0 || (to !== far && requests.every(({ is }) => is !== 'learn'));
    };
    const { version } = await cluster.put(proposer, 'k', 'strong', STRONG);
    await cluster.crash(proposer);
    cluster.network.gate = () => true;
    await cluster.clock.advance(2000);
    const node = asked === 'beside it' ? far : near;
    const { replaced } = await cluster.put(node, 'k', 'blind', { level: 'quorum' });
    t.ok(replaced.includes(version), asked);
    t.same(await cluster.texts(far, 'k', { level: 'quorum' }), ['blind'], asked);
    await cluster.stop();
  }
});

t.test('while an owner is away, one read at quorum settles a key for all that come', async (t) => {
  const { cluster, proposer, near, far } = await written();
  t.teardown(() => cluster.stop());
  let proposals = 0;
  cluster.network.gate = (_, to, message) => {
    const requests = acceptorRequestsIn(message);
    if (to === near) proposals += requests.filter(({ is }) => is === 'accept').length;
    // `far` accepts nothing; LEARN is sent to nobody.
    return requests.length === 0 || (to !== far && requests.every(({ is }) => is !== 'learn'));
  };
  await cluster.put(proposer, 'k', 'second', STRONG);
  t.equal(proposals, 1);
  for (let n = 0; n < 30; n += 1) {
    t.same(await cluster.texts(near, 'k', { level: 'quorum' }), ['second']);
  }
  t.ok(proposals <= 2, `${proposals} proposals`);
});

t.test('who cannot settle at quorum falls back to what it holds', async (t) => {
  for (const what of ['get', 'blind put', 'put that keeps the end'] as const) {
    const { cluster, proposer, near } = await written();
    t.teardown(() => cluster.stop());
    cluster.network.gate = (_from, _to, message) =>
      acceptorRequestsIn(message).every(({ is }) => is !== 'learn');
    await cluster.put(proposer, 'k', 'second', STRONG);
    // It is cut off, and does not know it yet.
    cluster.network.gate = (from, to) => from !== near && to !== near;
    const asked = { level: 'quorum', fallbacks: ['one'], timeoutMilliseconds: 1000 };
    const value = { state: 'value', contentType: 'text/plain', value: Buffer.from('v') } as const;
    const change = { ...value, ttlSeconds: 'keep' } as const;
    const put = what === 'blind put' ? asked : { ...asked, change };
    const begun = cluster.clock.monotonicMilliseconds();
    const { receipt } =
      what === 'get'
        ? await cluster.get(near, 'k', asked)
        : await cluster.put(near, 'k', 'third', put);
    t.equal(receipt.level, 'one', what);
    // The level has half of the time. The clock of the test goes on in steps.
    const took = cluster.clock.monotonicMilliseconds() - begun;
    t.ok(took >= 500 && took < 600, `${what}: ${took} ms`);
    const alone = { level: 'quorum', timeoutMilliseconds: 300 };
    const refused: Promise<unknown> =
      what === 'get' ? cluster.get(near, 'k', alone) : cluster.put(near, 'k', 'fourth', alone);
    await t.rejects(refused, { code: 'deadline_passed', outcome: 'none' }, what);
    const last = cluster.clock.monotonicMilliseconds() - begun - took;
    t.ok(last < 400, `${what}: refused after ${last} ms`);
  }
});

t.test('a session does not wait for what is accepted and it has not seen', async (t) => {
  const { cluster, proposer, near } = await written();
  t.teardown(() => cluster.stop());
  let proposals = 0;
  cluster.network.gate = (_from, _to, message) => {
    const requests = acceptorRequestsIn(message);
    proposals += requests.filter(({ is }) => is === 'accept').length;
    return requests.every(({ is }) => is !== 'learn');
  };
  await cluster.put(proposer, 'k', 'second', STRONG);
  const before = proposals;
  for (const level of ['session', 'causal']) {
    t.same(await cluster.texts(near, 'k', { level }), ['first'], level);
  }
  t.equal(proposals, before, 'nothing is proposed for it');
  cluster.network.gate = (from, to) => from !== near && to !== near;
  for (const level of ['session', 'causal']) {
    const asked = { level, timeoutMilliseconds: 300 };
    t.same(await cluster.texts(near, 'k', asked), ['first'], `${level}, cut off`);
  }
});
