/** Cuts through the middle: what each side may do at each level, and what is there afterwards. */
import type { Test } from 'tap';
import t from 'tap';
import type { Reach, Side } from './availability.js';
import { Availability } from './availability.js';
import { LocalCluster, PATIENT } from './local-cluster.js';
import { WriteLog } from './write-log.js';

const KEYS = 24;

interface Case {
  readonly name: string;
  readonly sides: readonly Side[];
}

const cases: readonly Case[] = [
  {
    name: 'halves of five',
    sides: [
      { name: 'three', nodes: ['n1', 'n2', 'n3'] },
      { name: 'two', nodes: ['n4', 'n5'] },
    ],
  },
  {
    name: 'halves of four',
    sides: [
      { name: 'two', nodes: ['n1', 'n2'] },
      { name: 'two more', nodes: ['n3', 'n4'] },
    ],
  },
  {
    // Some keys have no primary at all on one side: stand-ins take their writes.
    name: 'halves of six',
    sides: [
      { name: 'first three', nodes: ['n1', 'n2', 'n3'] },
      { name: 'last three', nodes: ['n4', 'n5', 'n6'] },
    ],
  },
  {
    name: 'an isolated coordinator',
    sides: [
      { name: 'alone', nodes: ['n1'] },
      { name: 'the others', nodes: ['n2', 'n3'] },
    ],
  },
  {
    name: 'everybody alone',
    sides: ['n1', 'n2', 'n3'].map((id) => ({ name: id, nodes: [id] })),
  },
];

const keys = Array.from({ length: KEYS }, (_, n) => `key ${n}`);

/** A quorum is on one side at most; sloppy writes, and one where there is a primary, on both. */
function checkCounts(t: Test, availability: Availability, cluster: LocalCluster, { sides }: Case) {
  for (const { name } of sides) {
    for (const level of ['any', 'eventual']) {
      const { ok, tried } = availability.count(name, level, 'put');
      t.ok(tried > 0 && ok === tried, `${name}: every write at ${level} (${ok} of ${tried})`);
    }
    t.equal(availability.count(name, 'all', 'put').ok, fullyHeld(cluster, name, sides), 'all');
  }
  const sum = (level: string, operation: 'get' | 'put') =>
    sides.reduce((total, { name }) => total + availability.count(name, level, operation).ok, 0);
  t.equal(sum('quorum', 'put'), quorate(cluster, sides), 'a key has its quorum on one side');
  t.equal(sum('quorum', 'get'), quorate(cluster, sides), 'and is read there');
}

/** Keys that have a majority of their primaries on some side: never on two. */
function quorate(cluster: LocalCluster, sides: readonly Side[]): number {
  return keys.filter((key) => sides.some(({ nodes }) => primariesIn(cluster, key, nodes) * 2 > 3))
    .length;
}

function fullyHeld(cluster: LocalCluster, side: string, sides: readonly Side[]): number {
  const nodes = sides.find(({ name }) => name === side)?.nodes ?? [];
  return keys.filter((key) => primariesIn(cluster, key, nodes) === 3).length;
}

function primariesIn(cluster: LocalCluster, key: string, nodes: readonly string[]): number {
  return cluster.primariesOf(key).filter((id) => nodes.includes(id)).length;
}

for (const one of cases) {
  t.test(one.name, async (t) => {
    const { sides } = one;
    const ids = sides.flatMap(({ nodes }) => nodes);
    const cluster = await LocalCluster.start(ids, { limits: PATIENT });
    t.teardown(() => cluster.stop());
    const log = new WriteLog(cluster);
    for (const key of keys) t.equal(await log.put('n1', key, 'all'), 'ok', `${key} is everywhere`);
    await cluster.cutApart(sides.map(({ nodes }) => nodes));
    const reach: Reach = (id) => sides.find(({ nodes }) => nodes.includes(id))?.nodes ?? [];
    const availability = new Availability();
    for (const side of sides) await availability.tryAll(cluster, side, reach, keys, log);
    t.comment(`\n${availability.table()}`);
    t.strictSame(availability.surprises, [], 'each outcome follows from the ring');
    checkCounts(t, availability, cluster, one);

    cluster.heal();
    await cluster.untilSeen(ids, ids);
    await cluster.untilAlike(keys);
    t.strictSame(log.faults(), [], 'every replica holds what was acknowledged, and nothing else');
    t.ok(log.siblings > KEYS / 2, `${log.siblings} of ${KEYS} keys have siblings`);
  });
}
