/** Numbers of ended ballots that no version bears keep no tombstone (docs/consensus.md, K21). */
import t, { type Test } from 'tap';
import type { Questions } from '../../../lib/anti-entropy/questions.js';
import { VoidNumbers } from '../../../lib/anti-entropy/void-numbers.js';
import { ballotOf } from '../../../lib/consensus/ballot.js';
import type { NodeId } from '../../../lib/environment/transport.js';
import type { Ownership } from '../../../lib/partitioning/ownership.js';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import type { Messenger } from '../../../lib/rpc/messenger.js';
import { CountingObserver } from '../fakes.js';
import { LocalCluster } from '../local-cluster.js';
import { acceptorRequestsIn } from '../wire-names.js';

const PARTITIONS = 16;
const STRONG = { level: 'strong', timeoutMilliseconds: 3000 } as const;
const VOID = 'quorate_void_numbers_total';
const BLOCKED = 'quorate_collection_blocked_total not seen by all';

class Stage {
  readonly cluster: LocalCluster;
  /** In one partition. */
  readonly lost: string;
  readonly dead: string;
  readonly at: RecordKey;

  constructor(cluster: LocalCluster) {
    this.cluster = cluster;
    this.lost = cluster.keyOwnedBy(cluster.ids);
    const { partition } = this.keyAt(this.lost);
    const isNear = (name: string): boolean => this.keyAt(name).partition === partition;
    this.dead = Array.from({ length: 1000 }, (_, i) => `near-${i}`).find(isNear) ?? '';
    this.at = this.keyAt(this.dead);
  }

  keyAt(name: string): RecordKey {
    return recordKey('default', name, PARTITIONS);
  }

  get proposer(): NodeId {
    return this.cluster.node('n1').disk.acceptor.promised(this.at.partition).node;
  }

  /**
   * A number of a proposal that no owner accepts, and a tombstone above it.
   * @param mayActivate may the owner hear of a later ballot?
   */
  async leaveGap(mayActivate: (id: NodeId) => boolean = () => true): Promise<void> {
    const { cluster, lost, dead, proposer } = this;
    let isProposed = false;
    cluster.network.gate = (_, to, message) =>
      acceptorRequestsIn(message).every(({ is, key }) => {
        if (is === 'activate') return mayActivate(to);
        const isLost = is === 'accept' && key.endsWith(`\u0000${lost}`);
        isProposed ||= isLost;
        return !isLost;
      });
    const losing = cluster.put(proposer, lost, 'lost', STRONG).catch(() => undefined);
    // What leaves in the same turn is in the same message.
    while (!isProposed) await cluster.clock.advance(1);
    await cluster.put(proposer, dead, '', { ...STRONG, change: { state: 'tombstone' } });
    await cluster.wait(losing);
  }

  holders(): NodeId[] {
    const { cluster, at } = this;
    return cluster.ids.filter((id) => cluster.node(id).replica.read(at) !== undefined);
  }

  counted(name: string): number {
    const counts = this.cluster.ids.map((id) => this.cluster.observers.get(id)?.counts.get(name));
    return counts.reduce<number>((sum, count = 0) => sum + count, 0);
  }
}

async function stageFor(t: Test): Promise<Stage> {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const change = { dryRun: false, by: 'test', ifMatch: undefined };
  await cluster.wait(cluster.node('n1').settings.change({ tombstone_retention_s: 0 }, change));
  const stage = new Stage(cluster);
  await cluster.put('n1', stage.dead, 'before', STRONG);
  return stage;
}

t.test('a tombstone above a number that came to nothing goes, unasked', async (t) => {
  const stage = await stageFor(t);
  const { cluster, at } = stage;
  await stage.leaveGap();
  const [version] = cluster.node('n1').replica.read(at)?.siblings.versions ?? [];
  const { writer = '', n = 0 } = version?.dot ?? {};
  t.ok(ballotOf(writer), 'the tombstone is of a ballot');
  const clock = cluster.node('n1').disk.clocks.of(at.partition);
  t.notOk(clock.coversWithoutGap(new Map([[writer, n]])), 'and nobody has a number below it');
  cluster.network.gate = () => true;
  await cluster.clock.advance(120_000);
  t.ok(stage.counted(BLOCKED) > 0);
  t.ok(stage.counted(VOID) > 0);
  t.strictSame(stage.holders(), []);
});

t.test('not before every owner has activated a later ballot', async (t) => {
  const stage = await stageFor(t);
  const { cluster, proposer } = stage;
  const late = cluster.ids.find((id) => id !== proposer) ?? '';
  await stage.leaveGap((id) => id !== late);
  await cluster.clock.advance(120_000);
  t.ok(stage.counted(BLOCKED) > 0);
  t.equal(stage.counted(VOID), 0);
  t.strictSame(stage.holders(), cluster.ids);
  cluster.network.gate = () => true;
  await cluster.clock.advance(120_000);
  t.ok(stage.counted(VOID) > 0);
  t.strictSame(stage.holders(), []);
});

t.test('an owner under rebuild says nothing of what it has seen', async (t) => {
  const { cluster, at } = await stageFor(t);
  const { disk } = cluster.node('n1');
  const handlers: ((request: { partition: number; clock: boolean }, from: string) => unknown)[] =
    [];
  const messenger = {
    handle: (_: unknown, handler: (request: object, meta: { from: string }) => unknown) => {
      handlers.push((request, from) => handler(request, { from }));
    },
  } as unknown as Messenger;
  const { clocks, health } = disk;
  const ownership = { assertShared: () => undefined } as unknown as Ownership;
  const settledBallot = () => ({ round: 1, node: 'n1', start: 1 });
  const observer = new CountingObserver();
  const unused = { questions: {} as Questions, settle: async () => undefined };
  new VoidNumbers({ ...unused, ownership, clocks, health, observer, settledBallot }).serve(
    messenger,
  );
  const [ask] = handlers;
  const question = { partition: at.partition, clock: true };
  t.match(ask?.(question, 'n2'), { ballot: { round: 1 }, clock: [[/^n/, 1, []]] });
  health.damage(at.partition, 'test');
  t.throws(() => ask?.(question, 'n2'), { code: 'rebuilding' });
});
