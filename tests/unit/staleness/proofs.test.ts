/** Proofs of how old a replica can be: a law over random histories, and what breaks it. */
import fc from 'fast-check';
import t from 'tap';
import { ClockChanges } from '../../../lib/replica/clock-changes.js';
import { ageOf, earlier, hasStoodStill } from '../../../lib/staleness/moment.js';
import { Proofs } from '../../../lib/staleness/proofs.js';
import { testify, testimonyOf } from '../../../lib/staleness/testimony.js';
import type { Dot } from '../../../lib/versioning/dot.js';
import { PartitionClock } from '../../../lib/versioning/partition-clock.js';
import { type Broken, ModelOwners } from './model-owners.js';

const steps = fc.array(fc.tuple(fc.nat(999), fc.nat(999)), { minLength: 100, maxLength: 160 });

/** What breaks the law in a history; undefined: nothing does. */
function verdictOf(
  history: readonly (readonly [number, number])[],
  broken?: Broken,
): { readonly wrong: string | undefined; readonly proven: number } {
  const owners = new ModelOwners(broken);
  for (const [what, which] of history) {
    const wrong = owners.step(what / 1000, which / 1000);
    if (wrong !== undefined) return { wrong, proven: owners.proven };
  }
  return { wrong: undefined, proven: owners.proven };
}

t.test('a replica holds all that was acknowledged before the time that it proves', async (t) => {
  let proven = 0;
  fc.assert(
    fc.property(steps, (history) => {
      const verdict = verdictOf(history);
      proven += verdict.proven;
      return verdict.wrong === undefined;
    }),
    { numRuns: 3000 },
  );
  t.ok(proven > 10_000, `${proven} proofs were judged`);
});

t.test('each rule is needed: without it the law breaks', async (t) => {
  const rules: readonly Broken[] = [
    ...(['asked at the answer', 'no scan', 'no acceptances'] as const),
    ...(['own acceptances forgotten', 'one owner less'] as const),
  ];
  for (const broken of rules) {
    const property = fc.property(steps, (history) => {
      return verdictOf(history, broken).wrong === undefined;
    });
    const { failed } = fc.check(property, { numRuns: 3000, endOnFailure: true });
    t.ok(failed, broken);
  }
});

const MOMENT = { at: 1000, skew: 5 };

t.test('ages are never reported too short', async (t) => {
  t.equal(ageOf(MOMENT, 1000), 0);
  t.equal(ageOf(MOMENT, 900), 0, 'what is proven later than now is new');
  t.equal(ageOf(MOMENT, 1008), 9);
  t.equal(ageOf(MOMENT, 1001), 2, 'whole milliseconds, upwards');
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), (real) => {
      return ageOf({ at: 0, skew: 0 }, real * 0.9) >= real;
    }),
  );
});

t.test('a machine that stood still is noticed', async (t) => {
  t.equal(hasStoodStill(MOMENT, { at: 2000, skew: 5 }, 250), false);
  t.equal(hasStoodStill(MOMENT, { at: 2000, skew: 255 }, 250), false);
  t.equal(hasStoodStill(MOMENT, { at: 2000, skew: 256 }, 250), true);
  t.equal(hasStoodStill(MOMENT, { at: 2000, skew: -246 }, 250), true, 'or its wall clock jumped');
  t.equal(earlier(MOMENT, { at: 999, skew: 0 })?.at, 999);
  t.equal(earlier({ at: 999, skew: 0 }, MOMENT)?.at, 999);
  t.equal(earlier(undefined, MOMENT), undefined);
  t.equal(earlier(MOMENT, undefined), undefined);
});

const A = 'a.1';
const none = (): ReadonlyMap<number, never[]> => new Map();

/** This node is `a`, with owners by partition, and a clock that has what is given. */
function proofsOf(setsOf: (partition: number) => readonly (readonly string[])[]) {
  const clock = new PartitionClock();
  const own = {
    ...{ self: 'a', era: '1', accepted: none },
    setsOf: (partition: number) => setsOf(partition).map((ids) => ids.map((id) => ({ id }))),
    clockOf: () => clock,
    vouchesFor: () => true,
  };
  return { proofs: new Proofs(own), own, clock };
}

const says = (n: number, more = {}) => ({
  ...{ life: 'b 1', upTo: n, isLast: true, emptied: [], silent: [], accepted: [] },
  seen: n === 0 ? [] : [[0, [A, n, []] as [string, number, number[]]] as const],
  ...more,
});
const at = (time: number) => ({ at: time, skew: 0 });
/** When nothing was accepted here. */
const asked = (time: number) => ({ askedAt: at(time), accepted: none() });
const NOW = at(999);

t.test('all other owners, or so many that a majority is there', async (t) => {
  const { proofs } = proofsOf((partition) => [partition === 0 ? ['a', 'b', 'c'] : ['a']]);
  t.equal(proofs.provenAt(0, 'all', NOW), undefined, 'nobody was asked');
  t.equal(proofs.provenAt(1, 'all', NOW)?.at, 999, 'there is nobody to ask');
  proofs.answered('b', says(0), asked(10));
  t.equal(proofs.provenAt(0, 'all', NOW), undefined, 'c has not answered');
  t.equal(proofs.provenAt(0, 'quorum', NOW)?.at, 10);
  proofs.answered('c', says(0), asked(30));
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 10, 'the oldest');
  t.equal(proofs.provenAt(0, 'quorum', NOW)?.at, 30, 'the newest');
});

t.test('who owns nothing proves nothing, and all epochs count', async (t) => {
  const { proofs } = proofsOf((partition) =>
    partition === 0
      ? [['b', 'c']]
      : [
          ['a', 'b', 'c'],
          ['a', 'c', 'd'],
        ],
  );
  for (const [i, peer] of ['b', 'c', 'd'].entries())
    proofs.answered(peer, says(0), asked(10 * (i + 1)));
  t.equal(proofs.provenAt(0, 'all', NOW), undefined);
  t.equal(proofs.provenAt(1, 'all', NOW)?.at, 10);
  t.equal(proofs.provenAt(1, 'quorum', NOW)?.at, 20, 'a majority of each');
});

t.test('what is reported and not here yet is waited for', async (t) => {
  const { proofs, clock } = proofsOf(() => [['a', 'b']]);
  proofs.answered('b', says(0), asked(10));
  proofs.answered('b', says(2), asked(20));
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 10, 'what was proven stays');
  t.equal(proofs.provenAt(1, 'all', NOW)?.at, 20, 'another partition lacks nothing');
  t.equal(proofs.waitingSince('b'), 20);
  clock.add({ writer: A, n: 1 });
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 10, 'one of two');
  clock.add({ writer: A, n: 2 });
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 20);
  t.equal(proofs.waitingSince('b'), undefined);
  t.same(proofs.askOf('b'), { life: 'b 1', since: 2 });
});

t.test('a page that is not the last proves nothing', async (t) => {
  const { proofs } = proofsOf(() => [['a', 'b']]);
  proofs.answered('b', says(0, { isLast: false, upTo: 7 }), asked(10));
  t.equal(proofs.provenAt(0, 'all', NOW), undefined);
  t.same(proofs.askOf('b'), { life: 'b 1', since: 7 });
});

t.test('an owner that can vouch for nothing is as one that is away', async (t) => {
  const { proofs } = proofsOf(() => [['a', 'b']]);
  proofs.answered('b', says(0), asked(10));
  proofs.answered('b', says(0, { silent: [0] }), asked(20));
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 10);
  t.equal(proofs.waitingSince('b'), undefined, 'no exchange would help');
  proofs.answered('b', says(0), asked(30));
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 30);
});

t.test('what another life reported, or of another era, counts no more', async (t) => {
  const { proofs, own, clock } = proofsOf(() => [['a', 'b']]);
  proofs.answered('b', says(5), asked(10));
  clock.add({ writer: A, n: 1 });
  proofs.answered('b', says(1, { life: 'b 2' }), asked(20));
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 20, 'what the first life reported is not waited for');
  own.era = '2';
  t.equal(proofs.provenAt(0, 'all', NOW), undefined);
  t.same(proofs.askOf('b'), { life: '', since: 0 });
});

t.test('an emptied clock is reported anew', async (t) => {
  const { proofs, clock } = proofsOf(() => [['a', 'b']]);
  clock.add({ writer: A, n: 1 });
  proofs.answered('b', says(5), asked(10));
  t.equal(proofs.provenAt(0, 'all', NOW), undefined, 'four are missing');
  proofs.answered('b', says(1, { emptied: [0] }), asked(20));
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 20, 'they are lost everywhere');
});

t.test('too much that is accepted here proves nothing new', async (t) => {
  const { proofs, own } = proofsOf(() => [['a', 'b']]);
  const blocked = new Proofs({ ...own, accepted: () => undefined });
  blocked.answered('b', says(0), blocked.questionAt(at(10)));
  t.equal(blocked.provenAt(0, 'all', NOW), undefined);
  proofs.answered('b', says(0), proofs.questionAt(at(10)));
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 10);
});

/** This node is `a`, and what it has accepted at strong and not learned can be set. */
function acceptingProofs() {
  const { own, clock } = proofsOf(() => [['a', 'b', 'c']]);
  const open: Dot[] = [];
  const proofs = new Proofs({ ...own, accepted: () => new Map([[0, [...open]]]) });
  return { proofs, clock, open };
}

t.test('what was accepted here before the question must be held', async (t) => {
  const { proofs, clock, open } = acceptingProofs();
  const dot = { writer: A, n: 1 };
  open.push(dot);
  proofs.answered('b', says(0), proofs.questionAt(at(10)));
  t.equal(proofs.provenAt(0, 'quorum', NOW), undefined, 'a and c may have acknowledged it');
  // Another proposal has taken its place: that says nothing of what was chosen before it.
  open.splice(0);
  t.equal(proofs.provenAt(0, 'quorum', NOW), undefined);
  t.equal(proofs.provenAt(1, 'quorum', NOW)?.at, 10);
  clock.add(dot);
  t.equal(proofs.provenAt(0, 'quorum', NOW)?.at, 10);
});

t.test('under steady writes at strong the proofs go on', async (t) => {
  const { proofs, clock, open } = acceptingProofs();
  // One write each 10 ms: it is accepted when the one before is learned, so one is always open.
  let n = 1;
  open.push({ writer: A, n });
  for (let time = 0; time <= 1000; time += 50) {
    const questions = ['b', 'c'].map((peer) => ({ peer, question: proofs.questionAt(at(time)) }));
    const accepted = [[0, { writer: A, n }]];
    const seen = [[0, [A, n - 1, []]]];
    for (let i = 0; i < 5; i += 1) {
      for (const dot of open.splice(0)) clock.add(dot);
      n += 1;
      open.push({ writer: A, n });
    }
    for (const { peer, question } of questions) {
      proofs.answered(peer, says(0, { upTo: n, seen, accepted }), question);
    }
    t.equal(proofs.provenAt(0, 'all', at(time + 40))?.at, time, `${time}`);
  }
});

t.test('alone it must have learned what it has accepted', async (t) => {
  const { own, clock } = proofsOf(() => [['a']]);
  const dot = { writer: A, n: 1 };
  const proofs = new Proofs({ ...own, accepted: () => new Map([[0, [dot]]]) });
  t.equal(proofs.provenAt(1, 'all', NOW)?.at, 999);
  t.equal(proofs.provenAt(0, 'all', NOW), undefined);
  clock.add(dot);
  t.equal(proofs.provenAt(0, 'quorum', NOW)?.at, 999);
});

t.test('changes are reported in order, a page at a time, and nothing twice', async (t) => {
  const changes = new ClockChanges();
  const clocks = [new PartitionClock(), new PartitionClock(), new PartitionClock()];
  const note = (partition: number, writer: string, n: number): void => {
    clocks[partition]?.add({ writer, n });
    changes.noted(partition, writer);
  };
  note(0, 'a.1', 1);
  note(1, 'a.1', 1);
  note(2, 'a.1', 9);
  note(0, 'b.1', 3);
  const held = {
    changes,
    clockOf: (partition: number) => clocks[partition] ?? new PartitionClock(),
    vouchesFor: (partition: number) => partition !== 1,
    accepted: () =>
      new Map([
        [0, [{ writer: 'c.1', n: 4 }]],
        [2, [{ writer: 'd.1', n: 4 }]],
      ]),
  };
  const reporting = { held, life: 'x', shared: new Set([0, 1]), pageBytesMax: 4 };
  const first = testify(reporting, { life: '', since: 0 });
  t.strictSame(first.seen, [[0, 0, 1]]);
  t.same([first.isLast, first.upTo, first.silent], [false, 1, [1]]);
  const second = testify(reporting, { life: 'x', since: first.upTo });
  t.strictSame(second.seen, [[1, 0, 1]]);
  const last = testify(reporting, { life: 'x', since: second.upTo });
  t.strictSame(last.seen, [[0, 0, 0, 3]], 'a number beyond a gap');
  t.same([last.isLast, last.upTo], [true, 4]);
  t.strictSame(last.writers, ['b.1', 'c.1']);
  t.strictSame(last.accepted, [[0, 1, 4]], 'of shared partitions alone');
  const idle = testify(reporting, { life: 'x', since: last.upTo });
  t.same([idle.seen, idle.isLast, idle.upTo], [[], true, 4]);
  changes.emptied(1);
  const after = testify(reporting, { life: 'x', since: 4 });
  t.strictSame([after.emptied, after.seen, after.upTo], [[1], [], 5]);
  t.strictSame(
    testify(reporting, { life: 'y', since: 4 }).seen,
    [[0, 0, 1]],
    'to another life all',
  );
  t.strictSame(testimonyOf(last).accepted, [[0, { writer: 'c.1', n: 4 }]]);
  t.strictSame(testimonyOf(last).seen, [[0, ['b.1', 0, [3]]]]);
  t.throws(() => testimonyOf({ ...last, writers: [] }), { code: 'corrupt_bytes' });
  t.throws(() => testimonyOf({ ...last, seen: [[0, 0, -1]] }), { code: 'corrupt_bytes' });
});
