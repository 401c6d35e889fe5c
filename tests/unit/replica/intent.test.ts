/** What a write comes to: what it replaces, refuses, and lives for. */
import fc from 'fast-check';
import t from 'tap';
import { type Change, type Intent, type Realised, realise } from '../../../lib/replica/intent.js';
import { covers, EMPTY_CONTEXT, type Seen } from '../../../lib/versioning/context.js';
import { dotText } from '../../../lib/versioning/dot.js';
import type { Siblings, Version } from '../../../lib/versioning/siblings.js';
import {
  find,
  liveVersions,
  merge,
  seenIn,
  stampOf,
  write,
} from '../../../lib/versioning/siblings.js';
import { anyContext, anySiblings, dotsOf, versionUnder } from '../versioning/arbitraries.js';
import { intentOf } from '../persistence/disk.js';

const moment = { wallMilliseconds: 10_000, hybrid: 10_000_000 };
const writer = 'd.1.0123456789ab';
const DOT = { writer, n: 1 };

const anySeen = fc
  .record({ context: anyContext, stamp: fc.nat(10) })
  .map(({ context, stamp }): Seen => ({ ...context, stamp }));

const real = (own: Siblings | undefined, fields: Partial<Intent> = {}): Realised =>
  realise(own, intentOf('x', fields), moment, DOT);

const named = ({ replaced }: Realised): string[] => replaced.map(({ version }) => version);

function siblingsOf(...versions: Partial<Version>[]): Siblings {
  let state: Siblings | undefined;
  for (const [i, fields] of versions.entries()) {
    const dot = { writer: `${'abc'[i] ?? ''}.1.0123456789ab`, n: 1 };
    const version = { ...versionUnder(dot, fields.state ?? 'value'), ...fields };
    state = write(state, EMPTY_CONTEXT, version, 1);
  }
  if (state === undefined) throw new Error('one at least');
  return state;
}

t.test('without a context it replaces all that is there', async (t) => {
  const one = real(siblingsOf({}));
  t.equal(one.siblings.versions.length, 1);
  t.strictSame(named(one), ['a.1.0123456789ab.1']);
  const two = siblingsOf({}, {});
  t.strictSame(named(real(two)), ['a.1.0123456789ab.1', 'b.1.0123456789ab.1']);
  t.equal(real(two).siblings.versions.length, 1);
  for (const dead of [{ state: 'tombstone' }, { state: 'stub' }, { expiresAt: 9_000 }] as const) {
    const beside = real(siblingsOf({}, dead));
    t.strictSame(named(beside), ['a.1.0123456789ab.1'], 'the dead are not in the way');
    t.equal(beside.siblings.versions.length, 1);
  }
});

t.test('a resolution stands for the siblings that are there, or is refused', async (t) => {
  const two = siblingsOf({}, {});
  const resolves = two.versions.map(({ dot }) => dot);
  const seen = seenIn(two);
  t.equal(real(two, { seen, resolves }).siblings.versions.length, 1);
  const three = siblingsOf({}, {}, {});
  const changed = { code: 'version_changed', outcome: 'none' };
  t.throws(() => real(three, { seen, resolves }), changed, 'one was not seen');
  const replaced = realise(two, intentOf('y', { seen }), moment, { writer, n: 1 }).siblings;
  const later = (): Realised =>
    realise(replaced, intentOf('z', { seen, resolves }), moment, { writer, n: 2 });
  t.throws(later, changed, 'they were replaced meanwhile');
});

t.test(
  'siblings that are elsewhere count too, but not what was superseded elsewhere',
  async (t) => {
    const [own, other] = [siblingsOf({}), siblingsOf({ state: 'tombstone' }, {}, {})];
    t.equal(real(undefined, { known: other }).replaced.length, 2);
    const newer = write(
      own,
      own.context,
      versionUnder({ writer: 'c.1.0123456789ab', n: 1 }, 'value'),
      1,
    );
    t.strictSame(named(real(own, { known: newer })), ['c.1.0123456789ab.1']);
    const stub = siblingsOf({ state: 'stub' });
    t.strictSame(named(real(own, { known: stub })), []);
  },
);

t.test('with a context it supersedes what that covers, and nothing else', async () => {
  const own = fc.option(anySiblings, { nil: undefined });
  fc.assert(
    fc.property(own, anySeen, (own, seen) => {
      const realised = real(own, { seen });
      const { siblings, seen: after } = realised;
      const live = liveVersions(own, 10_000);
      const gone = live.filter(({ dot }) => covers(seen, dot)).map(({ dot }) => dotText(dot));
      const known = dotsOf(after);
      return (
        JSON.stringify(named(realised)) === JSON.stringify(gone) &&
        live.every(({ dot }) => covers(seen, dot) === (find(siblings, dot) === undefined)) &&
        known.size === dotsOf(seen).size + 1 &&
        known.has(dotText(DOT))
      );
    }),
    { numRuns: 10_000 },
  );
});

t.test('a blind write leaves no value of what it met, nor of what is there by now', async () => {
  fc.assert(
    fc.property(anySiblings, anySiblings, (own, met) => {
      const { siblings, replaced } = real(own, { known: met });
      const whole = merge(merge(own, met), siblings);
      const live = liveVersions(merge(own, met), 10_000);
      return whole.versions.length === 1 && replaced.length === live.length;
    }),
    { numRuns: 10_000 },
  );
});

t.test('a stamp is above all that the writer had seen, and that the record holds', async () => {
  const own = fc.option(anySiblings, { nil: undefined });
  fc.assert(
    fc.property(own, own, fc.option(anySeen, { nil: undefined }), (own, met, seen) => {
      const early = { ...moment, hybrid: 4 };
      const { siblings, seen: after } = realise(
        own,
        intentOf('x', { known: met, seen }),
        early,
        DOT,
      );
      const writtenAt = find(siblings, DOT)?.writtenAt ?? 0;
      const below = [stampOf(own), stampOf(met), seen?.stamp ?? 0, early.hybrid - 1];
      return after.stamp === writtenAt && writtenAt === Math.max(...below) + 1;
    }),
    { numRuns: 10_000 },
  );
});

t.test('a time to live: given, kept, cleared', async (t) => {
  const value: Change = { state: 'value', contentType: '', value: Buffer.alloc(0), ttlSeconds: 5 };
  const endOf = (own: Siblings | undefined, ttlSeconds: number | 'keep' | undefined): unknown => {
    const change = { ...value, ttlSeconds };
    return real(own, { change }).siblings.versions[0]?.expiresAt;
  };
  t.equal(endOf(undefined, 5), 15_000);
  t.equal(endOf(siblingsOf({ expiresAt: 20_000 }), undefined), undefined);
  t.equal(endOf(siblingsOf({ expiresAt: 20_000 }), 'keep'), 20_000);
  t.equal(endOf(siblingsOf({ expiresAt: 20_000 }, { expiresAt: 30_000 }), 'keep'), 30_000);
  t.equal(endOf(siblingsOf({ expiresAt: 20_000 }, {}), 'keep'), undefined);
  t.equal(endOf(siblingsOf({ expiresAt: 9_000 }), 'keep'), undefined, 'it had ended');
  t.equal(endOf(undefined, 'keep'), undefined);
});

t.test('a tombstone is a version like any other', async (t) => {
  const deleted = real(siblingsOf({}), { change: { state: 'tombstone' } });
  const { siblings } = deleted;
  t.strictSame(named(deleted), ['a.1.0123456789ab.1']);
  t.equal(siblings.versions[0]?.state, 'tombstone');
  t.equal(siblings.versions[0]?.value.length, 0);
  t.equal(siblings.versions[0]?.writtenAt, moment.hybrid);
});
