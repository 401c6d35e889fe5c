/** What may speak for whom: foreign disks, clones, nodes that move (architecture, M4 to M6). */
import t, { type Test } from 'tap';
import {
  get,
  IdentityWorld,
  isReady,
  type Placed,
  put,
  running,
  sees,
  statusOf,
} from './identity-world.js';
import type { Machine } from './machine.js';
import { CALM_NETWORK } from './network-faults.js';

const A: Placed = { n1: 'a1', n2: 'a2', n3: 'a3' };
const B: Placed = { n1: 'b1', n2: 'b2', n3: 'b3' };
function addressOf({ node }: Machine, id: string): string | undefined {
  return node?.cluster.ring().members.find((member) => member.id === id)?.address;
}

const SEEDS = [1, 2, 3];

function scenario(name: string, run: (t: Test, it: IdentityWorld) => Promise<void>): void {
  t.test(name, async (t) => {
    for (const seed of SEEDS) {
      const it = new IdentityWorld(seed);
      await it.world.runUntil(run(t, it));
    }
  });
}

scenario('two clusters of one list, name and secret have two ids', async (t, it) => {
  const [[a1], [b1]] = await Promise.all([it.cluster(A), it.cluster(B)]);
  if (a1 === undefined || b1 === undefined) throw new Error('two clusters');
  const [a, b] = [await statusOf(a1), await statusOf(b1)];
  t.equal(a.ring_hash, b.ring_hash);
  t.match(a.cluster_id, /^[0-9a-f]{32}$/);
  t.not(a.cluster_id, b.cluster_id);
  await put(a1, 'k', 'x');
  const read = { namespace: 'default', key: 'k', level: 'quorum', fallbacks: [] };
  const seen = await running(a1).coordination.get({ ...read, timeoutMilliseconds: 2000 });
  const change = { state: 'tombstone' } as const;
  const write = { ...read, context: seen.context, change };
  const request = { ...write, timeoutMilliseconds: 2000, durability: 'sync' } as const;
  await t.rejects(async () => running(b1).coordination.put(request), { code: 'invalid_context' });
  t.strictSame(it.trouble, []);
});

scenario('a disk of another cluster ends the start, and nothing is mixed', async (t, it) => {
  const [as, bs] = await Promise.all([it.cluster(A), it.cluster(B)]);
  const [a1, a2] = as;
  const [b1, b2, b3] = bs;
  if (!a1 || !a2 || !b1 || !b2 || !b3) throw new Error('two clusters');
  await put(a1, 'of a', 'x');
  const ids = [(await statusOf(a1)).cluster_id, (await statusOf(b1)).cluster_id];
  b2.crash(false);
  b2.disk.copy(a2.disk);
  b2.start();
  await it.until(() => b2.refusal !== undefined, 'refused');
  t.match(b2.refusal, { code: 'founding_refused' });
  for (const id of ids) t.ok(b2.refusal?.message.includes(id), 'both ids are named');
  t.strictSame(await get(b1, 'of a'), []);
  await put(b3, 'of b', 'y');
  await put(a2, 'of a', 'z');
  t.match((await statusOf(b1)).alerts.join(), /a node of another cluster .* runs as n2/);
  t.ok(as.every(isReady), 'the cluster whose disk it was knows nothing of it');
});

scenario('a node of another cluster at the address of a dead member', async (t, it) => {
  const [as, bs] = await Promise.all([it.cluster(A), it.cluster(B)]);
  const [a1, a2, a3] = as;
  const [b1, b2] = bs;
  if (!a1 || !a2 || !a3 || !b1 || !b2) throw new Error('two clusters');
  b2.crash(false);
  a2.crash(false);
  const moved = it.machine('b2', 'n2', { ...A, n2: 'b2' }, a2);
  moved.start();
  await it.until(() => sees(a1, ['n2', 'n3']) && sees(a3, ['n2']) && isReady(moved), 'it is back');
  await it.wait(5000);
  t.ok(moved.isUp, 'strangers who call it do not end it');
  t.notOk(sees(b1, ['n2']));
  t.match((await statusOf(b1)).alerts.join(), /a node of another cluster .* runs as n2, at b2/);
  await put(moved, 'k', 'x');
  t.strictSame(await get(b1, 'k'), []);
  const wiped = it.machine('c2', 'n2', { ...B, n2: 'c2' });
  wiped.start();
  await it.until(
    () => sees(b1, ['n2', 'n3']) && isReady(wiped),
    'an empty machine takes its place',
  );
});

scenario('a clone ends, the node that was there first stays', async (t, it) => {
  const [n1, n2, n3] = await it.cluster(A);
  if (!n1 || !n2 || !n3) throw new Error('three nodes');
  await put(n1, 'k', 'x');
  for (const id of ['n1', 'n2', 'n3']) {
    // As a copy it says that it is where the first one is; it may also have a list of its own.
    const own = id === 'n2' ? { ...A, n2: 'c' } : A;
    const clone = it.machine('c', id, own);
    const original = [n1, n2, n3].find((machine) => machine.id === id) ?? n1;
    clone.disk.copy(original.disk);
    clone.start();
    await it.until(() => clone.refusal !== undefined, 'it ends');
    t.match(clone.refusal, { code: 'id_in_use' });
    const [first, second] = [`${A[id]}:9090`, `${own[id]}:9090`];
    const both = new RegExp(`another node of this id, at ${first}.*; this one, at ${second}, ends`);
    t.match(clone.refusal?.message, both, 'both are named');
    const member = [n1, n2, n3].find((machine) => machine.id !== id) ?? n1;
    const alert = `two nodes run as ${id}: at ${first}.*, which stays, and at ${second}`;
    const alerts = (await statusOf(member)).alerts.filter((text) => text.includes(`as ${id}`));
    t.match(alerts.join(), new RegExp(alert));
    t.match(alerts.join(), /, and at .*(?:seen at c|c:9090)/, 'and where the second one is');
    t.ok(original.isUp && sees(member, [id]));
    await put(original, 'k', `after ${id}`);
  }
});

scenario('a node that starts again is let in, whatever became of its link', async (t, it) => {
  const machines = await it.cluster(A);
  for (const silently of [true, false]) {
    for (const machine of machines) {
      machine.crash(silently);
      machine.start();
      const others = ['n1', 'n2', 'n3'].filter((id) => id !== machine.id);
      await it.until(() => isReady(machine) && sees(machine, others), 'back');
      await put(machine, 'k', machine.id);
    }
  }
  t.strictSame(it.trouble, []);
});

scenario(
  'a clone does not serve while members ask the first node whether it lives',
  async (t, it) => {
    const [, n2] = await it.cluster(A);
    if (!n2) throw new Error('three nodes');
    const clone = it.machine('c', 'n2', A);
    clone.disk.copy(n2.disk);
    // The question and its answer take longer than a start waits for peers that may be away.
    it.network.faults = { ...CALM_NETWORK, delayMinimum: 400 };
    clone.start();
    await it.until(() => clone.refusal !== undefined || isReady(clone), 'it ends, or serves');
    t.match(clone.refusal, { code: 'id_in_use' });
  },
);

scenario('of two clones with a member each one stays, the other ends', async (t, it) => {
  const [n1, n2, n3] = await it.cluster(A);
  if (!n1 || !n2 || !n3) throw new Error('three nodes');
  const clone = it.machine('c', 'n2', A);
  clone.disk.copy(n2.disk);
  it.cut(['a1', 'c'], ['a2', 'a3']);
  clone.start();
  await it.until(() => isReady(clone) && sees(clone, ['n1']), 'each has a member');
  await it.wait(3000);
  t.ok(clone.isUp && n2.isUp);
  it.network.healAll();
  await it.until(() => clone.refusal !== undefined, 'one ends');
  t.match(clone.refusal, { code: 'id_in_use' });
  await it.until(() => sees(n1, ['n2', 'n3']) && sees(n2, ['n1', 'n3']), 'the other is linked');
  await it.wait(10_000);
  t.ok(n2.isUp && n2.refusal === undefined);
  t.ok(sees(n1, ['n2', 'n3']) && sees(n3, ['n1', 'n2']));
  await put(n1, 'k', 'x');
});

scenario('a clone that was refused ends at once, though others would take it', async (t, it) => {
  const [n1, n2, n3] = await it.cluster(A);
  if (!n1 || !n2 || !n3) throw new Error('three nodes');
  await it.wait(5000);
  const clone = it.machine('c', 'n1', A);
  clone.time.wallOffset = -1_000_000;
  clone.disk.copy(n1.disk);
  // The member that it meets later has no link with the first one then.
  it.cut(['a1', 'c'], ['a2']);
  clone.start();
  const isRefused = (): boolean => it.world.counters.has('refused_lives n1');
  await it.until(isRefused, 'by the other member');
  it.network.heal('c', 'a2');
  it.network.heal('a2', 'c');
  await it.until(() => clone.refusal !== undefined || sees(clone, ['n2']), 'it ends, or is taken');
  t.match(clone.refusal, { code: 'id_in_use' });
  it.network.healAll();
  await it.until(() => sees(n1, ['n2', 'n3']) && sees(n2, ['n1']), 'the first one goes on');
});

scenario('of two clones with a member each the newer ends, if its clock is slow', async (t, it) => {
  const [n1, n2, n3] = await it.cluster(A);
  if (!n1 || !n2 || !n3) throw new Error('three nodes');
  await it.wait(10_000);
  const clone = it.machine('c', 'n2', A);
  clone.time.wallOffset = -1_000_000;
  clone.disk.copy(n2.disk);
  it.cut(['a1', 'c'], ['a2', 'a3']);
  clone.start();
  await it.until(() => isReady(clone) && sees(clone, ['n1']), 'each has a member');
  it.network.healAll();
  await it.until(() => clone.refusal !== undefined, 'one ends');
  await it.until(() => sees(n1, ['n2', 'n3']) && sees(n2, ['n1', 'n3']), 'the other is linked');
  await it.wait(10_000);
  t.ok(n2.isUp && n2.refusal === undefined);
});

scenario('two nodes of one id that never meet one member: the newer ends', async (t, it) => {
  const [n1, n2, n3] = await it.cluster(A);
  if (!n1 || !n2 || !n3) throw new Error('three nodes');
  const clone = it.machine('c', 'n2', A);
  clone.disk.copy(n2.disk);
  it.cut(['c'], ['a2', 'a3']);
  it.cut(['a1'], ['a2']);
  clone.start();
  await it.until(() => clone.refusal !== undefined, 'members tell each other');
  t.match(clone.refusal, { code: 'id_in_use' });
  await it.wait(5000);
  t.ok(n2.isUp && sees(n3, ['n2']) && sees(n1, ['n3']));
});

scenario('a node that was frozen while a clone took its place ends', async (t, it) => {
  const [n1, n2, n3] = await it.cluster(A);
  if (!n1 || !n2 || !n3) throw new Error('three nodes');
  const clone = it.machine('c', 'n2', { ...A, n2: 'c' });
  clone.disk.copy(n2.disk);
  n2.pause(20_000);
  clone.start();
  await it.until(() => isReady(clone) && sees(n1, ['n2', 'n3']), 'the clone is let in');
  await it.until(() => n2.refusal !== undefined, 'the other wakes, and ends');
  await it.wait(5000);
  t.ok(clone.isUp && sees(n1, ['n2', 'n3']) && sees(n3, ['n2']));
});

scenario('one node moves: it is found again, and others learn it', async (t, it) => {
  for (const id of ['n1', 'n3']) {
    const list = { ...A, n1: `a1${id}`, n2: `a2${id}`, n3: `a3${id}` };
    const machines = await it.cluster(list);
    const [old] = machines.filter((machine) => machine.id === id);
    const others = machines.filter((machine) => machine.id !== id);
    if (old === undefined) throw new Error('it is one of them');
    old.crash(true);
    const place = `moved ${id}`;
    const moved = it.machine(place, id, { ...list, [id]: place }, old);
    moved.start();
    const knows = (machine: Machine): boolean =>
      addressOf(machine, id) === `${place}:9090` && sees(machine, [id]);
    await it.until(() => others.every(knows), 'linked, and shown as known now');
    // Learnt for good: the old list is still what it is started with.
    for (const machine of others) machine.crash(false);
    for (const machine of others) machine.start();
    await it.until(() => others.every(knows) && others.every(isReady), 'linked again');
    await put(moved, 'k', 'x');
  }
  t.strictSame(it.trouble, []);
});

scenario('all nodes move at once, and come back by their new list', async (t, it) => {
  const machines = await it.cluster(A);
  const [first] = machines;
  if (first === undefined) throw new Error('three nodes');
  await put(first, 'k', 'x');
  for (const machine of machines) machine.crash(false);
  const moved = machines.map((old) => it.machine(B[old.id] ?? '', old.id, B, old));
  for (const machine of moved) machine.start();
  await it.until(() => moved.every((one) => isReady(one) && sees(one, ['n1', 'n2', 'n3'])), 'back');
  const [one] = moved;
  if (one === undefined) throw new Error('three nodes');
  t.strictSame(await get(one, 'k'), ['x']);
  t.strictSame(it.trouble, []);
});

scenario('a dead member is replaced by an empty machine elsewhere', async (t, it) => {
  const [n1, n2, n3] = await it.cluster(A);
  if (!n1 || !n2 || !n3) throw new Error('three nodes');
  await put(n1, 'k', 'x');
  n3.crash(true);
  const empty = it.machine('e3', 'n3', { ...A, n3: 'e3' });
  empty.start();
  await it.until(() => isReady(empty) && sees(n1, ['n3']) && sees(n2, ['n3']), 'taken back');
  t.equal((await statusOf(empty)).cluster_id, (await statusOf(n1)).cluster_id);
  t.strictSame(await get(n2, 'k'), ['x']);
});
