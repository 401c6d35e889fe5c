/** Acceptances that nobody would ever learn: a message got lost, and nobody asks for the key. */
import t from 'tap';
import { LeftAcceptances } from '../../../lib/anti-entropy/left-acceptances.js';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';
import { acceptorRequestsIn } from '../wire-names.js';

const PARTITIONS = 16;
const STRONG = { level: 'strong' } as const;
const at = (key: string): RecordKey => recordKey('default', key, PARTITIONS);

/** Keys can be settled, but for those of some partitions. */
function stage() {
  const accepted = new Map<string, RecordKey>();
  const settled: string[] = [];
  const obstructed = new Set<number>();
  const left = new LeftAcceptances({
    accepted: () => [...accepted.values()],
    settle: async ({ key, partition }) => {
      settled.push(key);
      if (obstructed.has(partition)) return false;
      return accepted.delete(key);
    },
  });
  const accept = (...keys: string[]): void => {
    for (const key of keys) accepted.set(key, at(key));
  };
  return { accepted, accept, settled, obstructed, left };
}

const many = (count: number, isOf: (partition: number) => boolean): string[] =>
  Array.from({ length: 20_000 }, (_, n) => `k${n}`)
    .filter((key) => isOf(at(key).partition))
    .slice(0, count);

t.test('only what was there in the last pass is settled, some of it in each', async (t) => {
  const { accepted, accept, settled, left } = stage();
  accept('a', 'b');
  await left.pass();
  t.strictSame(settled, [], 'they may be on their way');
  accepted.delete('a');
  accept('c');
  await left.pass();
  t.strictSame(settled.splice(0), ['b']);
  accept(...many(300, () => true));
  await left.pass();
  t.strictSame(settled.splice(0), ['c']);
  await left.pass();
  t.equal(settled.length, 100);
});

t.test('what cannot be settled holds up no other partition', async (t) => {
  const { accepted, accept, settled, obstructed, left } = stage();
  obstructed.add(0);
  accept(...many(200, (partition) => partition === 0));
  const others = many(50, (partition) => partition !== 0);
  accept(...others);
  await left.pass();
  await left.pass();
  t.equal(settled.length, 51, 'one of it shows that');
  t.equal(accepted.size, 200);
  accept('late');
  settled.splice(0);
  for (let i = 0; i < 3; i += 1) await left.pass();
  t.ok(settled.includes('late'));
  t.equal(new Set(settled).size, 4, 'another of it each time');
});

t.test('what was never sent to an owner it learns some time later, unasked', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  await cluster.put('n1', 'k', 'a', STRONG);
  await cluster.clock.advance(1000);
  const place = recordKey('default', 'k', PARTITIONS);
  const { node: proposer } = cluster.node('n1').disk.acceptor.promised(place.partition);
  const [near = '', far = ''] = cluster.ids.filter((id) => id !== proposer);
  let isLost = false;
  cluster.network.gate = (_, to, message) => {
    if (to !== far || acceptorRequestsIn(message).every(({ is }) => is !== 'learn')) return true;
    isLost = true;
    return false;
  };
  await cluster.put(proposer, 'k', 'b', STRONG);
  await cluster.clock.advance(1000);
  cluster.network.gate = () => true;
  t.ok(isLost);
  const isOpen = (id: string): boolean => cluster.node(id).disk.acceptor.hasAcceptance(place);
  t.strictSame([proposer, near, far].filter(isOpen), [far]);
  await cluster.clock.advance(120_000);
  t.strictSame(cluster.ids.filter(isOpen), []);
});
