/** Proofs of how old a replica can be: a law over random histories, and what breaks it. */
import fc from 'fast-check';
import t from 'tap';
import { ageOf, earlier, hasStoodStill } from '../../../lib/staleness/moment.js';
import { Proofs } from '../../../lib/staleness/proofs.js';
import type { Testimony } from '../../../lib/staleness/testimony.js';
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
    ...(['increment to nothing', 'too many are none'] as const),
  ];
  for (const broken of rules) {
    const property = fc.property(steps, (history) => {
      return verdictOf(history, broken).wrong === undefined;
    });
    // Some failures are rare: it ends with the first.
    const { failed } = fc.check(property, { numRuns: 100_000, endOnFailure: true });
    t.ok(failed, broken);
  }
});

const MOMENT = { at: 1000, skew: 5 };
const after = (at: number, suspended = 0) => ({ at, skew: MOMENT.skew + suspended });

t.test('ages are never reported too short', async (t) => {
  t.equal(ageOf(MOMENT, after(1000)), 0);
  t.equal(ageOf(MOMENT, after(900)), 0, 'what is proven later than now is new');
  t.equal(ageOf(MOMENT, after(1008)), 9);
  t.equal(ageOf(MOMENT, after(1001)), 2, 'whole milliseconds, upwards');
  t.equal(ageOf(MOMENT, after(1000, 2400)), 2400, 'the monotonic clock may stand still');
  t.equal(ageOf(MOMENT, after(1008, -2400)), 9, 'a wall clock that was set back proves nothing');
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), (real) => {
      return ageOf({ at: 0, skew: 0 }, { at: real * 0.9, skew: 0 }) >= real;
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

const says = (n: number, more = {}): Testimony => ({
  ...{ life: 'b 1', upTo: n, isLast: true, emptied: [], silent: [], accepted: [] },
  seen: n === 0 ? [] : [[0, [A, n, []] as [string, number, number[]]] as const],
  ...more,
});
const at = (time: number) => ({ at: time, skew: 0 });
const NOW = at(999);

/** The peer is asked, and answers. */
function tells(proofs: Proofs, peer: string, told: Testimony, time: number): void {
  proofs.answered(peer, told, proofs.questionTo(peer, at(time)));
}

t.test('all other owners, or so many that a majority is there', async (t) => {
  const { proofs } = proofsOf((partition) => [partition === 0 ? ['a', 'b', 'c'] : ['a']]);
  t.equal(proofs.provenAt(0, 'all', NOW), undefined, 'nobody was asked');
  t.equal(proofs.provenAt(1, 'all', NOW)?.at, 999, 'there is nobody to ask');
  tells(proofs, 'b', says(0), 10);
  t.equal(proofs.provenAt(0, 'all', NOW), undefined, 'c has not answered');
  t.equal(proofs.provenAt(0, 'quorum', NOW)?.at, 10);
  tells(proofs, 'c', says(0), 30);
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
  for (const [i, peer] of ['b', 'c', 'd'].entries()) tells(proofs, peer, says(0), 10 * (i + 1));
  t.equal(proofs.provenAt(0, 'all', NOW), undefined);
  t.equal(proofs.provenAt(1, 'all', NOW)?.at, 10);
  t.equal(proofs.provenAt(1, 'quorum', NOW)?.at, 20, 'a majority of each');
});

t.test('what is reported and not here yet is waited for', async (t) => {
  const { proofs, clock } = proofsOf(() => [['a', 'b']]);
  tells(proofs, 'b', says(0), 10);
  tells(proofs, 'b', says(2), 20);
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 10, 'what was proven stays');
  t.equal(proofs.provenAt(1, 'all', NOW)?.at, 20, 'another partition lacks nothing');
  t.equal(proofs.waitingSince('b'), 20);
  clock.add({ writer: A, n: 1 });
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 10, 'one of two');
  clock.add({ writer: A, n: 2 });
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 20);
  t.equal(proofs.waitingSince('b'), undefined);
  t.same(proofs.questionTo('b', NOW).asked, { life: 'b 1', since: 2 });
});

t.test('a page that is not the last proves nothing', async (t) => {
  const { proofs } = proofsOf(() => [['a', 'b']]);
  tells(proofs, 'b', says(0, { isLast: false, upTo: 7 }), 10);
  t.equal(proofs.provenAt(0, 'all', NOW), undefined);
  t.same(proofs.questionTo('b', NOW).asked, { life: 'b 1', since: 7 });
});

t.test('an owner that can vouch for nothing is as one that is away', async (t) => {
  const { proofs } = proofsOf(() => [['a', 'b']]);
  tells(proofs, 'b', says(0), 10);
  tells(proofs, 'b', says(0, { silent: [0] }), 20);
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 10);
  t.equal(proofs.waitingSince('b'), undefined, 'no exchange would help');
  tells(proofs, 'b', says(0), 30);
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 30);
});

t.test('what another life reported, or of another era, counts no more', async (t) => {
  const { proofs, own, clock } = proofsOf(() => [['a', 'b']]);
  tells(proofs, 'b', says(5), 10);
  clock.add({ writer: A, n: 1 });
  tells(proofs, 'b', says(1, { life: 'b 2' }), 20);
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 20, 'what the first life reported is not waited for');
  own.era = '2';
  t.equal(proofs.provenAt(0, 'all', NOW), undefined);
  t.same(proofs.questionTo('b', NOW).asked, { life: '', since: 0 });
});

t.test('what continues a report that was forgotten since is dropped', async (t) => {
  const { proofs, own, clock } = proofsOf(() => [['a', 'b']]);
  clock.add({ writer: A, n: 1 });
  tells(proofs, 'b', says(1), 10);
  const question = proofs.questionTo('b', at(20));
  own.era = '2';
  // Nothing has changed since the report that was forgotten.
  proofs.answered('b', says(0, { upTo: 1 }), question);
  t.equal(proofs.provenAt(0, 'all', NOW), undefined);
  t.same(proofs.questionTo('b', NOW).asked, { life: '', since: 0 }, 'all is asked for');
  tells(proofs, 'b', says(1), 30);
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 30);
});

t.test('a last page counts only after the pages before it', async (t) => {
  const { proofs, own } = proofsOf(() => [['a', 'b']]);
  tells(proofs, 'b', says(1, { isLast: false }), 10);
  const question = proofs.questionTo('b', at(10));
  own.era = '2';
  proofs.answered('b', says(0, { upTo: 1 }), question);
  t.equal(proofs.provenAt(0, 'all', NOW), undefined, 'the first page is forgotten');
});

t.test('a testimony that was asked for under another ring is dropped', async (t) => {
  const { proofs, own } = proofsOf(() => [['a', 'b']]);
  const question = proofs.questionTo('b', at(10));
  own.era = '2';
  proofs.answered('b', says(0), question);
  t.equal(proofs.provenAt(0, 'all', NOW), undefined, 'it tells of what both owned then');
});

t.test('a testimony of an earlier life continues nothing of a later one', async (t) => {
  const { proofs, clock } = proofsOf(() => [['a', 'b']]);
  clock.add({ writer: A, n: 1 });
  tells(proofs, 'b', says(1), 10);
  const question = proofs.questionTo('b', at(20));
  tells(proofs, 'b', says(5, { life: 'b 2' }), 30);
  proofs.answered('b', says(0, { upTo: 1 }), question);
  t.equal(proofs.provenAt(0, 'all', NOW), undefined, 'four are missing');
});

t.test('an emptied clock is reported anew', async (t) => {
  const { proofs, clock } = proofsOf(() => [['a', 'b']]);
  clock.add({ writer: A, n: 1 });
  tells(proofs, 'b', says(5), 10);
  t.equal(proofs.provenAt(0, 'all', NOW), undefined, 'four are missing');
  tells(proofs, 'b', says(1, { emptied: [0] }), 20);
  t.equal(proofs.provenAt(0, 'all', NOW)?.at, 20, 'they are lost everywhere');
});

t.test('too much that is accepted here proves nothing new', async (t) => {
  const { proofs, own } = proofsOf(() => [['a', 'b']]);
  const open = new Map([[0, 'unknown' as const]]);
  const blocked = new Proofs({ ...own, accepted: () => new Map(open) });
  tells(blocked, 'b', says(0), 10);
  t.equal(blocked.provenAt(0, 'all', NOW), undefined);
  t.equal(blocked.provenAt(1, 'all', NOW)?.at, 10, 'of another partition all is known');
  open.clear();
  t.equal(blocked.provenAt(0, 'all', NOW), undefined, 'it was so when the question left');
  tells(blocked, 'b', says(0), 20);
  t.equal(blocked.provenAt(0, 'all', NOW)?.at, 20);
  tells(proofs, 'b', says(0), 10);
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
  tells(proofs, 'b', says(0), 10);
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
    const questions = ['b', 'c'].map((peer) => ({
      peer,
      question: proofs.questionTo(peer, at(time)),
    }));
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
