/** Exchanges of one node with several peers at once: what one has sent, the others need not. */
import t from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';

const KEYS = 200;
const keys = Array.from({ length: KEYS }, (_, i) => `k${i}`);

t.test('who was away takes each record about once, not once of every peer', async (t) => {
  const cluster = await LocalCluster.of({ limits: { hintsBytesMax: 0 } });
  t.teardown(() => cluster.stop());
  for (const id of ['n1', 'n2']) cluster.network.cut(id, 'n3');
  for (const key of keys) await cluster.put('n1', key, 'x', { level: 'quorum' });
  const { replica } = cluster.node('n3');
  const held = (): number =>
    keys.filter((key) => replica.read(recordKey('default', key, 16)) !== undefined).length;
  t.equal(held(), 0);
  cluster.network.heal();
  for (let i = 0; i < 1_000 && held() < KEYS; i += 1) await cluster.clock.advance(10);
  t.equal(held(), KEYS);
  await cluster.clock.advance(1_000);
  const taken = cluster.observers.get('n3')?.counts.get('quorate_exchanged_records_total') ?? 0;
  t.ok(taken >= KEYS && taken < 1.5 * KEYS, `${taken} records were sent for ${KEYS}`);
});

t.test('what hints bring is not taken from peers as well', async (t) => {
  const cluster = await LocalCluster.of({ limits: { hintsPerSecondMax: 50 } });
  t.teardown(() => cluster.stop());
  for (const id of ['n1', 'n2']) cluster.network.cut(id, 'n3');
  await cluster.clock.advance(5_000);
  for (const key of keys) await cluster.put('n1', key, 'x', { level: 'quorum' });
  cluster.network.heal();
  await cluster.clock.advance(30_000);
  const { replica } = cluster.node('n3');
  const held = keys.filter((key) => replica.read(recordKey('default', key, 16)) !== undefined);
  t.equal(held.length, KEYS);
  const counted = (id: string, name: string): number =>
    cluster.observers.get(id)?.counts.get(name) ?? 0;
  t.equal(counted('n1', 'quorate_hints_delivered_total'), KEYS);
  t.equal(counted('n3', 'quorate_exchanged_records_total'), 0);
});
