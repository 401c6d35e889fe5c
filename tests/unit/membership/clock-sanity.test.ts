/** Whose clock is sane: the median of all that are known, against the own monotonic clock. */
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { ClockSanity, judgeClock } from '../../../lib/membership/clock-sanity.js';
import { majority } from '../../../lib/replication/quorum.js';
import { CountingObserver } from '../fakes.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';

const HOUR = 3_600_000;
const offset = fc.integer({ min: -HOUR, max: HOUR });

const ascending = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);

t.test('laws of the verdict', (t) => {
  const cases = fc.record({
    own: offset,
    others: fc.array(offset, { maxLength: 8 }),
    skewMax: fc.integer({ min: 0, max: HOUR }),
    shift: offset,
  });
  fc.assert(
    fc.property(cases, ({ own, others, skewMax, shift }) => {
      const options = { memberCount: others.length + 1, skewMax };
      const verdict = judgeClock(own, ascending(others), options);
      // Only differences count, and not who says what.
      const moved = others.map((other) => other + shift);
      const again = judgeClock(own + shift, ascending(moved), options);
      if (again.sane !== verdict.sane) return false;
      if (again.skewMilliseconds !== verdict.skewMilliseconds) return false;
      // At least half of all are on either side of the median.
      const median = own - (verdict.skewMilliseconds ?? Number.NaN);
      const all = [own, ...others];
      const half = all.length / 2;
      if (all.filter((one) => one <= median).length < half) return false;
      if (all.filter((one) => one >= median).length < half) return false;
      return verdict.sane === Math.abs(own - median) <= skewMax;
    }),
    { numRuns: 10_000 },
  );
  t.pass('10,000 clusters');
  t.end();
});

t.test('who is sane is near a right clock, where most of those that are known are right', (t) => {
  const cases = fc.record({
    right: fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 5 }),
    wrong: fc.array(offset, { maxLength: 4 }),
    skewMax: fc.integer({ min: 0, max: 10_000 }),
    self: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ right, wrong, skewMax, self }) => {
      fc.pre(right.length > wrong.length);
      const all = [...right, ...wrong];
      const own = all[self % all.length] ?? 0;
      const others = all.filter((_, i) => i !== self % all.length);
      const limits = { memberCount: all.length, skewMax };
      const { sane } = judgeClock(own, ascending(others), limits);
      const [low, high] = [Math.min(...right) - skewMax, Math.max(...right) + skewMax];
      if (sane) return own >= low && own <= high;
      // And a right one is not suspected, where the right ones are close enough together.
      return skewMax < 2_000 || !right.includes(own);
    }),
    { numRuns: 10_000 },
  );
  t.pass('10,000 clusters');
  t.end();
});

t.test('who knows fewer than a majority is not sane', (t) => {
  for (let memberCount = 1; memberCount <= 9; memberCount += 1) {
    for (let known = 1; known <= memberCount; known += 1) {
      const others = Array.from({ length: known - 1 }, () => 0);
      const { sane } = judgeClock(0, others, { memberCount, skewMax: 0 });
      t.equal(sane, known >= majority(memberCount), `${known} of ${memberCount}`);
    }
  }
  t.strictSame(
    judgeClock(0, [-HOUR], { memberCount: 2, skewMax: 5_000 }),
    { sane: false, skewMilliseconds: HOUR / 2 },
    'of two that differ neither is trusted',
  );
  t.end();
});

t.test('a jump of the own clock shows at once, and old or slow news does not count', (t) => {
  let wall = 1_000_000;
  let monotonic = 0;
  const clock = {
    wallMilliseconds: () => wall,
    monotonicMilliseconds: () => monotonic,
    after: () => () => undefined,
  };
  const sanity = new ClockSanity({
    ...{ clock, observer: new CountingObserver(), memberCount: () => 3 },
    clockSkewMaxMilliseconds: 5_000,
  });
  const pass = (milliseconds: number): void => {
    wall += milliseconds;
    monotonic += milliseconds;
  };
  t.equal(sanity.now(), undefined, 'nobody is known yet');
  pass(10_000);
  sanity.note('n2', wall + HOUR, monotonic - 2_600, monotonic);
  t.equal(sanity.verdict.skewMilliseconds, undefined, 'the answer took too long to tell the time');
  sanity.note('n2', wall + 90, monotonic - 20, monotonic);
  t.strictSame(sanity.verdict, { sane: true, skewMilliseconds: -50 });
  t.equal(sanity.now(), wall);
  wall += HOUR;
  t.equal(sanity.now(), undefined, 'it jumped, and no heartbeat has been heard since');
  wall -= HOUR;
  t.equal(sanity.now(), wall);
  pass(600_000);
  t.ok(sanity.verdict.sane);
  pass(1);
  t.strictSame(sanity.verdict, { sane: false, skewMilliseconds: undefined }, 'that was long ago');
  sanity.note('n3', wall - HOUR, monotonic, monotonic);
  sanity.note('n2', wall, monotonic, monotonic);
  t.ok(sanity.verdict.sane, 'two of three agree');
  t.end();
});

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  return cluster;
}

t.test('a node whose clock is wrong takes no time to live, and shows what is stored', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.putFor('n1', 'k', 60, { level: 'all' });
  cluster.skews.set('n3', HOUR);
  const { receipt } = await cluster.putFor('n3', 'passed on', 60, { level: 'all' });
  t.equal(receipt.level, 'all');
  t.equal(cluster.observers.get('n3')?.counts.get('quorate_forwards_total ok'), 1);
  t.strictSame(await cluster.texts('n3', 'k'), ['for 60'], 'not judged ended by a wrong clock');
  const { siblings } = await cluster.get('n1', 'passed on');
  const end = siblings[0]?.expiresAt ?? 0;
  t.ok(Math.abs(end - cluster.clock.wallMilliseconds() - 60_000) < 1_000, 'an end that is right');
  await cluster.putFor('n3', 'k', 'keep', { level: 'all' });
  t.strictSame(await cluster.texts('n1', 'k'), ['for keep']);
  await cluster.put('n3', 'k', 'for ever');
  await cluster.clock.advance(2_000);
  const { nodes, alerts } = await cluster.wait(cluster.node('n1').cluster.status());
  const seen = nodes.map(({ report }) => report?.clock);
  t.match(seen, [{ sane: true }, { sane: true }, { sane: false }]);
  t.ok(Math.abs((seen[2]?.skew_ms ?? 0) - HOUR) < 100, `${seen[2]?.skew_ms}`);
  t.ok(alerts.includes('the clock of n3 is 3600.0 s from those of the others'), alerts.join());
  await cluster.crash('n1');
  await cluster.crash('n2');
  const alone = cluster.putFor('n3', 'k', 60, { level: 'one', fallbacks: ['any'] });
  await t.rejects(alone, { code: 'clock_not_sane', outcome: 'none', retryable: true });
  await cluster.put('n3', 'k', 'still writes', { level: 'one' });
  t.strictSame(await cluster.texts('n3', 'k', { level: 'one' }), ['still writes']);
});

t.test('of those that all differ only the one in the middle is trusted', async (t) => {
  const cluster = await clusterFor(t);
  cluster.skews.set('n1', -HOUR);
  cluster.skews.set('n3', HOUR);
  await cluster.clock.advance(2_000);
  for (const id of cluster.ids) await cluster.putFor(id, id, 60, { level: 'all' });
  for (const id of cluster.ids) {
    const { siblings } = await cluster.get('n1', id);
    const end = siblings[0]?.expiresAt ?? 0;
    t.ok(Math.abs(end - cluster.clock.wallMilliseconds() - 60_000) < 1_000, id);
  }
});

t.test('a stand-in with a wrong clock does not mint what ends', async (t) => {
  const cluster = await clusterFor(t, { nodes: 5 });
  const key = cluster.keyOwnedBy(['n1'], false);
  cluster.skews.set('n1', HOUR);
  const owners = cluster.node('n1').cluster.locate('default', key).primaries;
  for (const { node } of owners) await cluster.crash(node);
  const refused = cluster.putFor('n1', key, 60, { level: 'any' });
  await t.rejects(refused, { code: 'clock_not_sane', outcome: 'none' });
  await cluster.put('n1', key, 'no end', { level: 'any' });
});
