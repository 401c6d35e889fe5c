/** Cuts that are no clean split: a bridge, a direction, a link that comes and goes. */
import t from 'tap';
import type { Reach } from './availability.js';
import { Availability, REFUSED } from './availability.js';
import { LocalCluster, PATIENT } from './local-cluster.js';
import { WriteLog } from './write-log.js';

const KEYS = 24;
const keys = Array.from({ length: KEYS }, (_, n) => `key ${n}`);

t.test('a bridge sees both sides: what passes over it counts, and nothing else', async (t) => {
  const left = ['n1', 'n2'];
  const right = ['n3', 'n4'];
  const ids = [...left, ...right, 'n5'];
  const cluster = await LocalCluster.start(ids, { limits: PATIENT });
  t.teardown(() => cluster.stop());
  const log = new WriteLog(cluster);
  for (const key of keys) t.equal(await log.put('n5', key, 'all'), 'ok', `${key} is everywhere`);
  cluster.cut(left, right);
  cluster.drop(left, right);
  await cluster.untilSeen(left, [...left, 'n5']);
  await cluster.untilSeen(right, [...right, 'n5']);
  await cluster.untilSeen(['n5'], ids);

  const reach: Reach = (id) => {
    if (id === 'n5') return ids;
    return [...(left.includes(id) ? left : right), 'n5'];
  };
  const availability = new Availability();
  const sides = { left, right, bridge: ['n5'] };
  for (const [name, nodes] of Object.entries(sides)) {
    await availability.tryAll(cluster, { name, nodes }, reach, keys, log);
  }
  t.comment(`\n${availability.table()}`);
  t.strictSame(availability.surprises, [], 'each outcome follows from the ring');
  for (const level of ['any', 'eventual', 'one', 'quorum']) {
    t.equal(availability.count('bridge', level, 'put').ok, KEYS, `the bridge writes at ${level}`);
  }
  for (const side of ['left', 'right']) {
    t.equal(availability.count(side, 'eventual', 'put').ok, KEYS, `${side}: eventual`);
    const { ok, refused } = availability.count(side, 'quorum', 'put');
    t.ok(ok > 0 && refused > 0, `${side}: ${ok} quorums over the bridge, ${refused} refused`);
  }

  cluster.heal();
  await cluster.untilSeen(ids, ids);
  await cluster.untilAlike(keys);
  t.strictSame(log.faults(), [], 'every replica holds what was acknowledged, and nothing else');
});

t.test('a node that nobody hears: it learns that it is alone', async (t) => {
  const ids = ['n1', 'n2', 'n3'];
  const cluster = await LocalCluster.start(ids, { limits: PATIENT });
  t.teardown(() => cluster.stop());
  const log = new WriteLog(cluster);
  for (const key of keys) t.equal(await log.put('n1', key, 'all'), 'ok', `${key} is everywhere`);
  cluster.cut(['n1'], ['n2', 'n3'], true);
  // Until heartbeats are missed its copies and requests vanish: unknown, never a false success.
  for (const key of keys.slice(0, 8)) {
    const first = await log.put('n1', key, 'quorum');
    t.not(first, 'ok', `${key}, before anybody noticed: ${first}`);
  }
  await cluster.untilSeen(['n1'], ['n1']);
  await cluster.untilSeen(['n2', 'n3'], ['n2', 'n3']);
  const reach: Reach = (id) => (id === 'n1' ? ['n1'] : ['n2', 'n3']);
  const availability = new Availability();
  await availability.tryAll(cluster, { name: 'unheard', nodes: ['n1'] }, reach, keys, log);
  await availability.tryAll(cluster, { name: 'others', nodes: ['n2', 'n3'] }, reach, keys, log);
  t.comment(`\n${availability.table()}`);
  t.strictSame(availability.surprises, [], 'each outcome follows from the ring');

  cluster.heal();
  await cluster.untilSeen(ids, ids);
  await cluster.untilAlike(keys);
  t.strictSame(log.faults(), [], 'every replica holds what was acknowledged, and nothing else');
});

t.test('links that come and go every 200 ms', async (t) => {
  const ids = ['n1', 'n2', 'n3', 'n4', 'n5'];
  const cluster = await LocalCluster.start(ids);
  t.teardown(() => cluster.stop());
  const log = new WriteLog(cluster, 500);
  for (const key of keys) t.equal(await log.put('n1', key, 'all'), 'ok', `${key} is everywhere`);
  let flapping = true;
  const flaps = async (): Promise<number> => {
    let count = 0;
    for (; flapping; count += 1) {
      cluster.cut(['n4', 'n5'], ['n1', 'n2', 'n3']);
      // Every second time the links are closed; else what is sent on them gets lost in silence.
      if (count % 2 === 0) cluster.drop(['n4', 'n5'], ['n1', 'n2', 'n3']);
      await new Promise((resolve) => setTimeout(resolve, 200));
      cluster.heal();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return count;
  };
  const flapped = flaps();
  const outcomes = new Map<string, number>();
  const client = async (number: number): Promise<void> => {
    const own = keys.filter((_, index) => index % ids.length === number);
    for (let turn = 0; turn < 40; turn += 1) {
      const level = turn % 2 === 0 ? 'eventual' : 'quorum';
      const at = ids[(number + turn) % ids.length] ?? '';
      const outcome = `${level}: ${await log.put(at, own[turn % own.length] ?? '', level)}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  };
  await Promise.all(ids.map((_, number) => client(number)));
  flapping = false;
  t.ok((await flapped) > 2, 'the links came and went');
  t.comment(`\n${[...outcomes].map(([outcome, count]) => `${count} x ${outcome}`).join('\n')}`);
  const expected = /: (?:ok|level_not_reached\/none|[a-z_]+\/unknown|deadline_passed\/none)$/;
  const odd = [...outcomes.keys()].filter((outcome) => !expected.test(outcome));
  t.strictSame(odd, [], 'each answer is a success, a refusal with nothing done, or unknown');
  t.ok((outcomes.get('quorum: ok') ?? 0) > 0, 'quorums were reached meanwhile');
  t.ok((outcomes.get('eventual: ok') ?? 0) > 0);
  t.notOk(outcomes.has(`eventual: ${REFUSED}`), 'eventual refuses nobody');

  cluster.heal();
  await cluster.untilSeen(ids, ids);
  await cluster.untilAlike(keys);
  t.strictSame(log.faults(), [], 'every replica holds what was acknowledged, and nothing else');
});
