/** What is counted of the strong level, under which labels (docs/monitoring.md). */
import t, { type Test } from 'tap';
import { LocalCluster } from '../local-cluster.js';
import { acceptorRequestsIn, nameOf } from '../wire-names.js';

const STRONG = { level: 'strong' } as const;
const PATIENT = { ...STRONG, timeoutMilliseconds: 20_000 };

class Counted {
  readonly cluster: LocalCluster;
  #before = new Map<string, number>();

  constructor(cluster: LocalCluster) {
    this.cluster = cluster;
  }

  /** By metric without its prefix, and labels: by how much all nodes together have counted on. */
  since(): Record<string, number> {
    const now = new Map<string, number>();
    for (const { counts } of this.cluster.observers.values()) {
      for (const [name, count] of counts) {
        const short = /^quorate_strong_(.*)$/.exec(name)?.[1];
        if (short !== undefined) now.set(short, (now.get(short) ?? 0) + count);
      }
    }
    const more = [...now].map(([name, count]) => [name, count - (this.#before.get(name) ?? 0)]);
    this.#before = now;
    return Object.fromEntries(more.filter(([, count]) => count !== 0));
  }

  /** Who decides on the key. */
  proposerOf(key: string): string {
    const { cluster, disk } = this.cluster.node('n1');
    return disk.acceptor.promised(cluster.locate('default', key).partition).node;
  }
}

async function counted(t: Test, nodes = 3): Promise<Counted> {
  const cluster = await LocalCluster.of({ nodes });
  t.teardown(() => cluster.stop());
  return new Counted(cluster);
}

/** Two of the nodes hold each a value of the key that nobody else has. */
async function writeApart({ cluster }: Counted, key: string, apart: readonly string[]) {
  cluster.network.gate = (_, __, message) => nameOf(message) !== 'coordination.write';
  for (const id of apart) await cluster.put(id, key, `of ${id}`, { level: 'one' });
  cluster.network.gate = () => true;
}

t.test('rounds, and what becomes of ballots and proposals', async (t) => {
  const all = await counted(t);
  const { cluster } = all;
  await cluster.put('n1', 'k', 'first', STRONG);
  t.same(all.since(), {
    'events_total campaign': 1,
    'events_total activated': 1,
    'rounds_total write one': 1,
  });
  const proposer = all.proposerOf('k');
  const others = cluster.ids.filter((id) => id !== proposer);
  await cluster.put(proposer, 'k', 'second', STRONG);
  t.same(all.since(), { 'rounds_total write one': 1 });

  await writeApart(all, 'k', others);
  await cluster.put(proposer, 'k', 'third', STRONG);
  t.same(all.since(), { 'events_total decided again': 1, 'rounds_total write two': 1 });
  t.same(await cluster.texts(proposer, 'k', STRONG), ['third']);
  t.same(all.since(), { 'reads_total settled': 1 });
});

t.test('what was proposed, and then failed its condition', async (t) => {
  const all = await counted(t);
  const { cluster } = all;
  await cluster.put('n1', 'k', 'first', STRONG);
  const proposer = all.proposerOf('k');
  const others = cluster.ids.filter((id) => id !== proposer);
  const { context } = await cluster.get(proposer, 'k', STRONG);
  const change = { state: 'tombstone' } as const;
  await cluster.put(proposer, 'k', '', { ...STRONG, change, context });
  await cluster.clock.advance(1000);
  all.since();
  await writeApart(all, 'k', others);
  const alone = { ...STRONG, precondition: { is: 'absent' } } as const;
  await t.rejects(cluster.put(proposer, 'k', 'mine', alone), { code: 'precondition_failed' });
  t.same(all.since(), {
    'events_total decided again': 1,
    'events_total killed': 1,
    'rounds_total write two': 1,
  });
});

t.test('another takes over, and adopts', async (t) => {
  const all = await counted(t);
  const { cluster } = all;
  await cluster.put('n1', 'k', 'first', STRONG);
  await cluster.clock.advance(5000);
  all.since();
  const proposer = all.proposerOf('k');
  const other = cluster.ids.find((id) => id !== proposer) ?? '';
  // One accepts what is proposed, and the proposer hears of nobody any more.
  let isCut = false;
  cluster.network.gate = (_, to, message) => {
    const isAccept = acceptorRequestsIn(message).some(({ is }) => is === 'accept');
    isCut ||= isAccept;
    return !isCut || (isAccept ? to === other : to !== proposer);
  };
  const written = cluster.put(proposer, 'k', 'second', { ...STRONG, timeoutMilliseconds: 300 });
  await t.rejects(written, { code: 'deadline_passed', outcome: 'unknown' });
  cluster.network.gate = (from, to) => from !== proposer && to !== proposer;
  t.same(await cluster.texts(other, 'k', PATIENT), ['second']);
  cluster.network.gate = () => true;
  await cluster.put(proposer, 'k', 'third', PATIENT);
  const since = all.since();
  t.ok((since['reads_total no answer'] ?? 0) > 0, 'the read met a proposer that was cut off');
  t.ok((since['contention_total take over'] ?? 0) > 0);
  t.equal(since['events_total adopted'], 1);
  t.ok((since['events_total deposed'] ?? 0) > 0);
  t.ok((since['rounds_total read one'] ?? 0) > 0, 'a read that was decided');
});

t.test('why operations go on', async (t) => {
  const all = await counted(t, 4);
  const { cluster } = all;
  const key = cluster.keyOwnedBy(['n4'], false);
  await cluster.putFor('n4', key, 3, STRONG);
  const proposer = all.proposerOf(key);
  const other = cluster.ids.find((id) => id !== proposer && id !== 'n4') ?? '';
  all.since();
  await cluster.get(proposer, key, STRONG);
  t.same(all.since(), { 'reads_total near its end': 1, 'rounds_total read one': 1 });
  cluster.skews.set(proposer, 3_600_000);
  await cluster.clock.advance(20_000);
  all.since();
  await cluster.putFor(other, key, 60, STRONG);
  const { 'contention_total refused': refused, 'events_total deposed': deposed } = all.since();
  t.same([refused, deposed], [1, 1]);
  await cluster.put('n4', key, 'second', STRONG);
  const sentOn = { 'contention_total elsewhere': 1, 'rounds_total write one': 1 };
  t.same(all.since(), sentOn, 'n4 knows the proposer of before');
});
