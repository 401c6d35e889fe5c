/** The strong level through whole nodes: linearizable, one round trip, and honest when it fails. */
import t from 'tap';
import type { PutRequest } from '../../../lib/coordination/request/request.js';
import type { OperatingError } from '../../../lib/errors.js';
import { LocalCluster } from '../local-cluster.js';
import { acceptorRequestsIn } from '../wire-names.js';

const STRONG = { level: 'strong' } as const;

function whenVersion(version: string): Partial<PutRequest> {
  return { precondition: { is: 'version', versions: [version] } };
}

t.test('what one node writes, every node reads', async (t) => {
  const cluster = await LocalCluster.of();
  for (const [i, id] of cluster.ids.entries()) {
    const put = await cluster.put(id, 'k', `v${i}`, STRONG);
    t.equal(put.receipt.level, 'strong');
    for (const reader of cluster.ids) {
      const got = await cluster.get(reader, 'k', STRONG);
      t.equal(got.receipt.level, 'strong');
      t.same(
        got.siblings.map(({ value }) => Buffer.from(value).toString()),
        [`v${i}`],
      );
    }
  }
  await cluster.stop();
});

t.test('a node that owns nothing of the key passes it on', async (t) => {
  const cluster = await LocalCluster.of({ nodes: 5 });
  const key = cluster.keyOwnedBy(['n1'], false);
  await cluster.put('n1', key, 'v', STRONG);
  t.same(await cluster.texts('n1', key, STRONG), ['v']);
  t.same(await cluster.texts('n4', key, STRONG), ['v']);
  await cluster.stop();
});

t.test('who has decided that there is nothing gives each key a context of its own', async (t) => {
  const cluster = await LocalCluster.of();
  const { partition } = cluster.node('n1').cluster.locate('default', 'k');
  await cluster.put('n1', 'k', 'v', STRONG);
  const proposer = cluster.node('n1').disk.acceptor.promised(partition).node;
  const isThere = (key: string): boolean =>
    cluster.node('n1').cluster.locate('default', key).partition === partition;
  const [one = '', other = ''] = Array.from({ length: 1000 }, (_, n) => `k${n}`).filter(isThere);
  for (const key of [one, other]) {
    // A comparison that does not hold is decided, and tells what it met.
    const unmet = cluster.put(proposer, key, 'x', whenVersion('n1.9'));
    const details = await unmet.then(
      () => undefined,
      (error: OperatingError) => error.details,
    );
    const context = String(details?.['context']);
    t.equal(
      (await cluster.put(proposer, key, 'v', { ...STRONG, context })).receipt.level,
      'strong',
    );
  }
  await cluster.stop();
});

t.test('compare-and-set', async (t) => {
  const cluster = await LocalCluster.of();
  const first = await cluster.put('n1', 'k', 'a', { precondition: { is: 'absent' } });
  await t.rejects(cluster.put('n2', 'k', 'b', { precondition: { is: 'absent' } }), {
    code: 'precondition_failed',
    details: { version: first.version },
  });
  const second = await cluster.put('n3', 'k', 'c', whenVersion(first.version));
  t.same(second.replaced, [first.version]);
  await t.rejects(cluster.put('n1', 'k', 'd', whenVersion(first.version)), {
    code: 'precondition_failed',
  });
  t.same(await cluster.texts('n2', 'k', STRONG), ['c']);
  await cluster.stop();
});

t.test(
  'a plain read at quorum sees what is acknowledged at strong and learned by nobody else',
  async (t) => {
    const cluster = await LocalCluster.of();
    await cluster.put('n1', 'k', 'old', STRONG);
    await cluster.clock.advance(3000);
    const { partition } = cluster.node('n1').cluster.locate('default', 'k');
    const proposer = cluster.node('n1').disk.acceptor.promised(partition).node;
    const others = cluster.ids.filter((id) => id !== proposer);
    const reads = 3;
    cluster.network.gate = (_from, to, message) => {
      if (acceptorRequestsIn(message).some(({ is }) => is === 'learn')) return false;
      // The proposer has it in its record: the others must know by themselves.
      return !(message[0] === reads && to === proposer);
    };
    await cluster.put(proposer, 'k', 'new', STRONG);
    for (const id of others) t.same(await cluster.texts(id, 'k', { level: 'quorum' }), ['new']);
    await cluster.stop();
  },
);
