/** The strong level while nodes die and links are cut: a counter, majorities, and what it costs. */
import t from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import { dotText } from '../../../lib/versioning/dot.js';
import { LocalCluster } from '../local-cluster.js';
import { acceptorRequestsIn, nameOf } from '../wire-names.js';

const STRONG = { level: 'strong' } as const;
const CLIENTS = 50;

interface Tally {
  unknown: number;
  unmet: number;
  refused: number;
  /** On the clock of the cluster: when each of its additions was answered. */
  readonly doneAt: number[];
}

/**
 * Adds one to the counter, however often another is quicker. The value names who has added: after
 * an unknown outcome a strong read says whether it was added, since it settles what was before it.
 */
async function addOne(
  cluster: LocalCluster,
  ids: readonly string[],
  client: number,
  tally: Tally,
): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const { coordination } = cluster.node(ids[(client + attempt) % ids.length] ?? '');
    try {
      const { siblings } = await coordination.get(read());
      const [value] = siblings;
      const added = value === undefined ? '' : Buffer.from(value.value).toString();
      if (added.split(' ').includes(String(client))) break;
      await coordination.put({
        ...read(),
        ...{ context: undefined, durability: 'sync' as const },
        change: {
          ...{ state: 'value' as const, contentType: 'text/plain', ttlSeconds: undefined },
          value: Buffer.from(added === '' ? String(client) : `${added} ${client}`),
        },
        precondition:
          value === undefined
            ? { is: 'absent' }
            : { is: 'version', versions: [dotText(value.dot)] },
      });
      break;
    } catch (error) {
      noteFailure(error, tally);
    }
  }
  tally.doneAt.push(cluster.clock.monotonicMilliseconds());
}

function noteFailure(error: unknown, tally: Tally): void {
  if (!(error instanceof OperatingError)) throw error;
  const { code, outcome } = error;
  if (code === 'precondition_failed') tally.unmet += 1;
  else if (outcome === 'unknown') tally.unknown += 1;
  else tally.refused += 1;
}

/** Who has added, in what order. */
async function additions(cluster: LocalCluster, id: string): Promise<string[]> {
  const [added = ''] = await cluster.texts(id, 'counter', STRONG);
  return added.split(' ');
}

const EVERYONE = Array.from({ length: CLIENTS }, (_, i) => String(i)).sort();

function read() {
  const none = { fallbacks: [], timeoutMilliseconds: 10_000 };
  return { namespace: 'default', key: 'counter', level: 'strong', ...none };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

function newTally(): Tally {
  return { unknown: 0, unmet: 0, refused: 0, doneAt: [] };
}

t.test(
  '50 clients add to one counter through all nodes: all finish, the sum is right',
  async (t) => {
    const cluster = await LocalCluster.of();
    const tally = newTally();
    const clients = EVERYONE.map((_, i) => addOne(cluster, cluster.ids, i, tally));
    await cluster.wait(Promise.all(clients));
    t.same([tally.unknown, tally.refused], [0, 0]);
    t.same((await additions(cluster, 'n2')).sort(), EVERYONE);
    await cluster.stop();
  },
);

t.test('a node that is killed meanwhile costs at most two seconds', async (t) => {
  const cluster = await LocalCluster.of();
  await cluster.put('n1', 'counter', 'begun', STRONG);
  const { partition } = cluster.node('n1').cluster.locate('default', 'counter');
  const proposer = cluster.node('n1').disk.acceptor.promised(partition).node;
  const alive = cluster.ids.filter((id) => id !== proposer);
  const tally = newTally();
  const clients = EVERYONE.map((_, i) => addOne(cluster, alive, i, tally));
  await cluster.wait(until(() => tally.doneAt.length >= 5));
  const killedAt = cluster.clock.monotonicMilliseconds();
  await cluster.crash(proposer);
  await cluster.wait(Promise.all(clients));
  const after = [killedAt, ...tally.doneAt.filter((at) => at > killedAt)].sort((a, b) => a - b);
  const gaps = after.slice(1).map((at, i) => at - (after[i] ?? at));
  t.ok(gaps.length > 0, 'it was killed in the middle');
  t.ok(Math.max(...gaps) <= 2000, `at most ${Math.max(...gaps)} ms without an addition`);
  t.same((await additions(cluster, alive[0] ?? '')).sort(), [...EVERYONE, 'begun'].sort());
  await cluster.stop();
});

t.test('strong refuses on the minority, and resumes on the majority within 5 s', async (t) => {
  const cluster = await LocalCluster.of();
  await cluster.put('n1', 'k', 'before', STRONG);
  cluster.network.cut('n1', 'n2');
  cluster.network.cut('n1', 'n3');
  const cutAt = cluster.clock.monotonicMilliseconds();
  const refusal = { code: /level_not_reached|deadline_passed/, outcome: 'none' };
  const short = { ...STRONG, timeoutMilliseconds: 1000 };
  await t.rejects(cluster.get('n1', 'k', short), refusal);
  await t.rejects(cluster.put('n1', 'k', 'lost', short), refusal);
  await cluster.put('n2', 'k', 'after', { ...STRONG, timeoutMilliseconds: 10_000 });
  t.ok(cluster.clock.monotonicMilliseconds() - cutAt <= 5000);
  t.same(await cluster.texts('n3', 'k', STRONG), ['after']);
  cluster.network.heal();
  await cluster.clock.advance(2000);
  t.same(await cluster.texts('n1', 'k', STRONG), ['after']);
  await cluster.stop();
});

t.test('a node that has promised less than another owner takes over all the same', async (t) => {
  const cluster = await LocalCluster.of();
  await cluster.put('n1', 'k', 'before', STRONG);
  const { partition } = cluster.node('n1').cluster.locate('default', 'k');
  const behind = cluster.node('n1').disk.acceptor.promised(partition).node;
  const [ahead = '', away = ''] = cluster.ids.filter((id) => id !== behind);
  // One has tried again and again to take over, only one other has heard of it, and it is gone.
  const ballot = { round: 40, node: away, start: 1 };
  const { acceptor } = cluster.node(ahead).disk;
  await cluster.wait(acceptor.handle(partition, { is: 'prepare', ballot, from: '' }));
  await cluster.crash(away);
  await cluster.crash(behind);
  await cluster.restart(behind);
  await cluster.clock.advance(5000);
  await cluster.put(behind, 'k', 'after', STRONG);
  t.ok(cluster.node(behind).disk.acceptor.promised(partition).round > 40);
  t.same(await cluster.texts(ahead, 'k', STRONG), ['after']);
  await cluster.stop();
});

t.test('a write whose proposer was deposed tells what it has replaced', async (t) => {
  const cluster = await LocalCluster.of();
  await cluster.put('n1', 'k', 'first', STRONG);
  const before = await cluster.get('n1', 'k', STRONG);
  const { partition } = cluster.node('n1').cluster.locate('default', 'k');
  const proposer = cluster.node('n1').disk.acceptor.promised(partition).node;
  await cluster.clock.advance(5000);
  // Both others accept, and what they answer gets lost: the proposer begins anew.
  let lost = 0;
  cluster.network.gate = (_, to, [kind]) => {
    const isLost = kind !== 0 && to === proposer && lost < 2;
    if (isLost) lost += 1;
    return !isLost;
  };
  const answer = cluster.put(proposer, 'k', 'second', { ...STRONG, timeoutMilliseconds: 20_000 });
  t.strictSame(
    (await answer).replaced,
    before.siblings.map(({ dot }) => dotText(dot)),
  );
  t.ok(cluster.node(proposer).disk.acceptor.promised(partition).round > 1);
  t.same(await cluster.texts('n1', 'k', STRONG), ['second']);
  await cluster.stop();
});

t.test('what a calm write and a settled read cost', async (t) => {
  const cluster = await LocalCluster.of();
  await cluster.put('n1', 'k', 'a', STRONG);
  await cluster.clock.advance(3000);
  const { partition } = cluster.node('n1').cluster.locate('default', 'k');
  const proposer = cluster.node('n1').disk.acceptor.promised(partition).node;
  const sent: string[] = [];
  cluster.network.gate = (from, _to, message) => {
    const name = nameOf(message);
    const who = from === proposer ? 'P' : from;
    const requests = acceptorRequestsIn(message);
    for (const { is } of requests) sent.push(`${who} ${name} ${is}`);
    if (requests.length === 0 && /^strong[.a-z]*$/.test(name)) sent.push(`${who} ${name}`);
    return true;
  };
  const syncs = (): number =>
    cluster.disks.get(proposer)?.done.filter(({ sync }) => sync).length ?? 0;
  const before = syncs();
  await cluster.put(proposer, 'k', 'b', STRONG);
  const accepts = sent.filter((line) => line === 'P strong.proposal accept');
  t.equal(accepts.length, 2, 'one round trip');
  t.same(
    sent.filter((line) => !/accept$|learn$|forget$/.test(line)),
    [],
  );
  t.ok(syncs() - before <= 1, 'one synced batch at the proposer');

  await cluster.clock.advance(3000);
  sent.length = 0;
  const other = cluster.ids.find((id) => id !== proposer) ?? '';
  await cluster.get(other, 'k', STRONG);
  const done = [...cluster.disks.values()].map((disk) => disk.done.length);
  sent.length = 0;
  t.same(await cluster.texts(other, 'k', STRONG), ['b']);
  t.same(sent, [`${other} strong.ask`], 'one round trip');
  t.same(
    [...cluster.disks.values()].map((disk) => disk.done.length),
    done,
    'no sync',
  );
  await cluster.stop();
});

t.test(
  'a loss of another partition ends a ballot: one of before it is never settled',
  async (t) => {
    const cluster = await LocalCluster.of();
    t.teardown(() => cluster.stop());
    await cluster.put('n1', 'k', 'a', STRONG);
    const { partition } = cluster.node('n1').cluster.locate('default', 'k');
    const { node: proposer, start } = cluster.node('n1').disk.acceptor.promised(partition);
    const { disk } = cluster.node(proposer);
    await cluster.clock.advance(1000);
    disk.health.damage(partition === 0 ? 1 : 0, 'test');
    await cluster.clock.advance(30_000);
    t.ok(disk.identity.start > start, 'its answers of before count no more');
    await cluster.put(proposer, 'k', 'b', STRONG);
    t.match(disk.acceptor.promised(partition), { node: proposer, start: disk.identity.start });
    t.same(await cluster.texts('n1', 'k', STRONG), ['b']);
  },
);
