/** What a blind write meets: reports, the open ones of a node, and claims. */
import fc from 'fast-check';
import t from 'tap';
import {
  type BlindReport,
  isAbove,
  isUsual,
  reportOn,
  type Stamped,
} from '../../../lib/replica/blind-report.js';
import { claimOn } from '../../../lib/replica/claim.js';
import { OpenBlindWrites } from '../../../lib/replica/open-blind-writes.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { covers, EMPTY_CONTEXT, NOTHING_SEEN } from '../../../lib/versioning/context.js';
import type { Dot } from '../../../lib/versioning/dot.js';
import {
  find,
  merge,
  seenIn,
  type Siblings,
  stampOf,
  write,
} from '../../../lib/versioning/siblings.js';
import { anySiblings, dotsOf, versionUnder } from '../versioning/arbitraries.js';

const writer = 'd.1.0123456789ab';
/** The blind write, and the dot of its claim. */
const OF: Dot = { writer, n: 1 };
const CLAIM: Dot = { writer, n: 2 };
const stamped = (stamp: number, n = 1): Stamped => ({ dot: { writer, n }, stamp });

/** With the blind write, minted on nothing: all that is there stays beside it. */
const withBlind = (state: Siblings | undefined): Siblings =>
  write(state, EMPTY_CONTEXT, versionUnder(OF, 'value'), 1);

t.test('mostly there is nothing to report', async (t) => {
  t.ok(isUsual(reportOn(withBlind(undefined), OF, false)));
  t.notOk(isUsual(reportOn(withBlind(undefined), OF, true)));
  t.match(reportOn(undefined, OF, false), { live: false, beside: [] }, 'collected');
});

t.test('a report says of each other version what is needed to judge it', async () => {
  fc.assert(
    fc.property(anySiblings, (state) => {
      const { live, beside, context } = reportOn(withBlind(state), OF, false);
      const same = state.versions.every((version, i) => {
        const { dot, stamp, state: kind } = beside[i] ?? {};
        return dot === version.dot && stamp === version.writtenAt && kind === version.state;
      });
      return live && same && beside.length === state.versions.length && covers(context, OF);
    }),
  );
});

t.test('stamps, then dots, order the writes that race', async (t) => {
  t.ok(isAbove(stamped(2), stamped(1)));
  t.notOk(isAbove(stamped(1), stamped(2)));
  t.ok(isAbove(stamped(1, 2), stamped(1, 1)));
  t.notOk(isAbove(stamped(1), stamped(1)));
});

t.test('a blind write is open until it is answered or given up', async (t) => {
  const [at, other] = ['k', 'j'].map((key) => recordKey('default', key, 1)) as [never, never];
  const open = new OpenBlindWrites();
  const close = open.add(at, stamped(5));
  const closeHigher = open.add(at, stamped(9, 2));
  t.ok(open.isAnyAbove(at, stamped(7, 3)));
  t.notOk(open.isAnyAbove(other, stamped(7, 3)), 'of another key');
  closeHigher();
  t.notOk(open.isAnyAbove(at, stamped(7, 3)));
  t.ok(open.isAnyAbove(at, stamped(4, 3)));
  close();
  t.equal(open.size, 0);
});

/** All that a replica held beside the blind write is taken. */
function claimAll(own: Siblings, reports: readonly BlindReport[]) {
  const taken = reports.flatMap(({ beside }) => beside);
  return claimOn(own, { of: OF, taken, reports, epoch: 1 }, NOTHING_SEEN, CLAIM, 7);
}

t.test('a claim keeps the blind write and drops what was taken, wherever it is', async () => {
  fc.assert(
    fc.property(anySiblings, anySiblings, (mine, theirs) => {
      const own = withBlind(mine);
      const other = withBlind(theirs);
      const report = reportOn(other, OF, false);
      const { siblings } = claimAll(own, [report]);
      const everywhere = merge(merge(own, other), siblings);
      const left = everywhere.versions.filter(({ dot }) => find(siblings, dot) === undefined);
      const isGone = report.beside.every(({ dot }) => find(everywhere, dot) === undefined);
      const hasBoth = [OF, CLAIM].every((dot) => find(siblings, dot) !== undefined);
      return isGone && hasBoth && left.length === 0 && find(siblings, CLAIM)?.state === 'tombstone';
    }),
    { numRuns: 10_000 },
  );
});

t.test('what a replica had superseded stays so once its report is taken', async () => {
  fc.assert(
    fc.property(anySiblings, anySiblings, (mine, theirs) => {
      const { siblings } = claimAll(withBlind(mine), [reportOn(withBlind(theirs), OF, false)]);
      return [...dotsOf(theirs.context)].every((name) => dotsOf(siblings.context).has(name));
    }),
    { numRuns: 10_000 },
  );
});

t.test('the context of the answer covers what is gone, and nothing that is left', async () => {
  fc.assert(
    fc.property(anySiblings, anySiblings, (mine, theirs) => {
      const report = reportOn(withBlind(theirs), OF, false);
      const { siblings, seen } = claimAll(withBlind(mine), [report]);
      const left = siblings.versions.filter(({ dot }) => dot.writer !== writer);
      return (
        [...report.beside.map(({ dot }) => dot), CLAIM].every((dot) => covers(seen, dot)) &&
        left.every(({ dot }) => !covers(seen, dot)) &&
        seen.stamp > Math.max(stampOf(mine), stampOf(theirs)) &&
        seen.stamp === seenIn(siblings).stamp
      );
    }),
    { numRuns: 10_000 },
  );
});
