/** Reads whose age is bounded, in a cluster: alone where that can be proven, else wider. */
import t, { type Test } from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import type { GetRequest } from '../../../lib/coordination/request/request.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';
import { acceptorRequestsIn, nameOf } from '../wire-names.js';

const KEY = 'k';
const AT = recordKey('default', KEY, 16);
const HOUR = 3_600_000;

const bounded = (parameters = ''): Partial<GetRequest> => ({
  level: `bounded-staleness${parameters}`,
});
const SECOND = bounded(';max=1s');

/** Its clocks are whole. */
async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const limits = { hintsBytesMax: 0, exchangeIntervalMilliseconds: HOUR, ...options.limits };
  const cluster = await LocalCluster.of({ ...options, limits });
  t.teardown(() => cluster.stop());
  await cluster.clock.advance(1000);
  return cluster;
}

async function read(cluster: LocalCluster, id: string, fields = SECOND, key = KEY) {
  const { siblings, receipt } = await cluster.get(id, key, fields);
  const texts = siblings.map(({ value }) => Buffer.from(value).toString());
  const { level, answered, asked, bound } = receipt;
  return { texts, level, replicas: `${answered}/${asked}`, bound };
}

/** The second read finds what the first one has asked for. */
async function warm(cluster: LocalCluster, id: string, fields = SECOND): Promise<void> {
  await read(cluster, id, fields);
  await cluster.clock.advance(400);
}

t.test('clocks are completed from the records once somebody asks, and not before', async (t) => {
  const cluster = await clusterFor(t);
  const completed = (): (number | undefined)[] =>
    cluster.ids.map((id) => {
      return cluster.observers.get(id)?.counts.get('quorate_completed_clocks_total');
    });
  await cluster.put('n1', KEY, 'x');
  await cluster.clock.advance(5_000);
  t.strictSame(completed(), [undefined, undefined, undefined]);
  await warm(cluster, 'n2');
  await warm(cluster, 'n2');
  t.strictSame(completed(), [16, 16, 16], 'of the node that asks, and of those who tell it');
  t.match(await read(cluster, 'n2'), { replicas: '1/3' });
});

function loseCopies(cluster: LocalCluster): void {
  cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.write';
}

async function refusalOf(work: Promise<unknown>): Promise<OperatingError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof OperatingError) return error;
  throw new Error('it was not refused');
}

t.test('first all owners are asked, then the nearest replica answers alone', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.put('n1', KEY, 'x');
  const level = 'bounded-staleness';
  t.match(await read(cluster, 'n2'), {
    ...{ texts: ['x'], level, replicas: '3/3', bound: { age: 0, scope: 'all' } },
  });
  await cluster.clock.advance(400);
  const alone = await read(cluster, 'n2');
  t.match(alone, { texts: ['x'], level, replicas: '1/3', bound: { scope: 'all' } });
  const { age = -1 } = alone.bound ?? {};
  t.ok(age > 0 && age <= 1000, `${age}`);
  const measured = cluster.observers.get('n2')?.measures.get('quorate_staleness_bound_seconds all');
  t.equal(measured, age / 1000, 'the metric has it, too');
  t.match(await read(cluster, 'n2', SECOND, 'nothing'), { texts: [], replicas: '1/3' });
});

t.test('what one replica alone has acknowledged is not missed beyond the bound', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.put('n1', KEY, 'old', { level: 'all' });
  await warm(cluster, 'n2');
  loseCopies(cluster);
  await cluster.put('n1', KEY, 'new', { level: 'one' });
  const early = await read(cluster, 'n2');
  t.match(early, { texts: ['old'], replicas: '1/3' }, 'it is within the bound');
  // n2 knows by then that n1 holds something which has not come.
  await cluster.clock.advance(60);
  const later = await read(cluster, 'n2', bounded(';max=50ms'));
  t.match(later, { texts: ['new'], replicas: '3/3', bound: { age: 0, scope: 'all' } });
});

t.test('a copy that was lost comes by an exchange, and the proofs go on', async (t) => {
  const cluster = await clusterFor(t);
  await warm(cluster, 'n2', bounded(';max=200ms'));
  loseCopies(cluster);
  await cluster.put('n1', KEY, 'new', { level: 'one' });
  await cluster.clock.advance(3000);
  t.match(await read(cluster, 'n2', bounded(';max=200ms')), { texts: ['new'], replicas: '1/3' });
  const { counts } = cluster.observers.get('n2') ?? {};
  t.ok((counts?.get('quorate_staleness_exchanges_total n1') ?? 0) > 0);
});

t.test('an owner away: what a majority acknowledged is proven, or it is refused', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.put('n1', KEY, 'x', { level: 'all' });
  await warm(cluster, 'n2');
  await cluster.crash('n3');
  await cluster.clock.advance(5000);
  t.match(await read(cluster, 'n2'), {
    ...{ texts: ['x'], replicas: '1/3', bound: { scope: 'quorum' } },
  });
  const some = bounded(';max=1s;scope=quorum');
  t.match(await read(cluster, 'n1', some), { replicas: '2/3', bound: { age: 0, scope: 'quorum' } });
  const refusal = await refusalOf(cluster.get('n2', KEY, bounded(';max=1s;scope=all')));
  t.match(refusal, { code: 'level_not_reached', details: { max_ms: 1000, scope: 'all' } });
  t.match(
    await read(cluster, 'n2', bounded(';max=1h;scope=all')),
    {
      ...{ replicas: '1/3', bound: { scope: 'all' } },
    },
    'what was proven of all is older',
  );
});

t.test('what is accepted at strong, and learned by nobody that lives, is not missed', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.put('n1', KEY, 'old', { level: 'strong' });
  const proposer = cluster.node('n1').disk.acceptor.promised(AT.partition).node;
  const [far = ''] = cluster.ids.filter((id) => id !== proposer);
  await warm(cluster, far, bounded(';max=200ms'));
  // One other owner accepts it and learns nothing of it, `far` hears of nothing.
  cluster.network.gate = (_, to, message) => {
    const requests = acceptorRequestsIn(message);
    return requests.length === 0 || (to !== far && requests.every(({ is }) => is !== 'learn'));
  };
  await cluster.put(proposer, KEY, 'new', { level: 'strong' });
  await cluster.crash(proposer);
  cluster.network.gate = () => true;
  await cluster.clock.advance(2000);
  t.match(await read(cluster, far, bounded(';max=200ms')), {
    ...{ texts: ['new'], replicas: '2/3', bound: { age: 0, scope: 'quorum' } },
  });
});

t.test('after kill -9 a clock vouches for nothing before it was completed', async (t) => {
  const limits = { clockPersistIntervalMilliseconds: HOUR };
  const cluster = await clusterFor(t, { limits });
  loseCopies(cluster);
  await cluster.put('n1', KEY, 'x', { level: 'one' });
  await cluster.crash('n1');
  await cluster.start('n1');
  await cluster.wait(cluster.node('n1').ready());
  const lacking = cluster.node('n1').disk.clocks.of(AT.partition).toPlain();
  t.strictSame(lacking, [], 'the clock was not persisted');
  t.match(await read(cluster, 'n2'), { texts: ['x'], replicas: '3/3' });
  await cluster.clock.advance(2000);
  t.not(cluster.node('n1').disk.clocks.of(AT.partition).toPlain().length, 0, 'completed');
  t.match(await read(cluster, 'n2'), { texts: ['x'], replicas: '1/3' });
});

t.test('a node that owns nothing of the key asks the nearest that does', async (t) => {
  const cluster = await clusterFor(t, { nodes: 4 });
  const key = cluster.keyOwnedBy(['n4'], false);
  await cluster.put('n4', key, 'x', { level: 'all' });
  t.match(await read(cluster, 'n4', SECOND, key), { texts: ['x'], replicas: '3/3' });
  // Clocks are completed after 200 ms, a tenth more or less; the next question has its answer then.
  await cluster.clock.advance(700);
  t.match(await read(cluster, 'n4', SECOND, key), {
    ...{ texts: ['x'], replicas: '1/3', bound: { scope: 'all' } },
  });
});

t.test('a session is a floor, and what it takes note of is synced', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.put('n1', KEY, 'old', { level: 'all' });
  await warm(cluster, 'n2');
  loseCopies(cluster);
  const { session } = await cluster.put('n1', KEY, 'new', { level: 'session' });
  const covered = await cluster.get('n2', KEY, { ...SECOND, session });
  t.strictSame(
    covered.siblings.map(({ value }) => Buffer.from(value).toString()),
    ['new'],
  );
  t.ok(covered.session !== undefined);
});

t.test('a comparison that is asked for asks all; the greatest age may be none', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.put('n1', KEY, 'x');
  await warm(cluster, 'n2');
  for (const readRepair of ['await', 'async'] as const) {
    t.match(await read(cluster, 'n2', { ...SECOND, readRepair }), { replicas: '3/3' });
  }
  t.match(await read(cluster, 'n2', bounded(';max=0')), { texts: ['x'], bound: { age: 0 } });
});

t.test('a fallback goes on where it is refused', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.put('n1', KEY, 'x', { level: 'all' });
  await cluster.crash('n3');
  await cluster.clock.advance(5000);
  const fields = { ...bounded(';max=1s;scope=all'), fallbacks: ['bounded-staleness', 'one'] };
  t.match(await read(cluster, 'n1', fields), { bound: { age: 0, scope: 'quorum' } });
  const weaker = { ...bounded(';max=1s;scope=all'), fallbacks: ['one'] };
  t.match(await read(cluster, 'n1', weaker), { level: 'one', bound: undefined });
});

t.test('a write is as at quorum', async (t) => {
  const cluster = await clusterFor(t);
  const { receipt } = await cluster.put('n1', KEY, 'x', bounded(';max=1s'));
  t.equal(receipt.level, 'bounded-staleness');
  t.ok(receipt.answered >= 2);
  t.equal(receipt.bound, undefined);
});

t.test('nobody is asked before somebody wants it, and a minute after the last', async (t) => {
  const cluster = await clusterFor(t);
  const asked = (): number =>
    [...(cluster.observers.get('n2')?.counts ?? [])]
      .filter(([name]) => name.startsWith('quorate_staleness_questions_total'))
      .reduce((sum, [, count]) => sum + count, 0);
  await cluster.clock.advance(5000);
  t.equal(asked(), 0);
  await read(cluster, 'n2');
  await cluster.clock.advance(1000);
  const some = asked();
  t.ok(some >= 2 * 4, `${some} in a second, of two peers`);
  await cluster.clock.advance(70_000);
  const many = asked();
  await cluster.clock.advance(70_000);
  t.equal(asked(), many, 'no more');
});
