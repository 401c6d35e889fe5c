/** Settings as data: merge laws, versions, history, and fields of an unknown kind. */
import fc from 'fast-check';
import t from 'tap';
import { SettingsState } from '../../../lib/membership/settings-state.js';
import type { ConsistencySettings } from '../../../lib/membership/settings-types.js';

const INITIAL: ConsistencySettings = {
  default_level: 'quorum',
  default_write_level: 'quorum',
  read_repair_probability: 0.1,
  blind_writes: 'overwrite',
  tombstone_retention_s: 86_400,
  conflict_resolution: 'siblings',
  versions_kept: 0,
  versions_kept_for_s: 0,
  rate_limit_max: 0,
  rate_limit_window: '1s',
};

const fields: fc.Arbitrary<Partial<ConsistencySettings>> = fc.record(
  {
    default_level: fc.constantFrom('one', 'quorum', 'all'),
    default_write_level: fc.constantFrom('one', 'any'),
    read_repair_probability: fc.constantFrom(0, 0.5, 1),
    blind_writes: fc.constantFrom('overwrite', 'sibling', 'refuse'),
    tombstone_retention_s: fc.nat(315_360_000),
  },
  { requiredKeys: [] },
);

const shop = fc.record(
  {
    'namespace/shop': fc.record({
      generation: fc.integer({ min: 1, max: 3 }),
      rules: fc.constantFrom(null, {}, { default_ttl_s: 5 }),
    }),
  },
  { requiredKeys: [] },
);

type Step =
  | { readonly node: number; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly node: number; readonly from: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ node: fc.nat(2), fields }),
  fc.record({ node: fc.nat(2), fields: shop }),
  fc.record({ node: fc.nat(2), from: fc.nat(2) }),
);

/** Three nodes change and learn; @returns what each of them knows. */
function run(steps: readonly Step[]): SettingsState[] {
  let states = [INITIAL, { ...INITIAL, default_level: 'one' }, INITIAL].map((settings) =>
    SettingsState.initial(settings),
  );
  for (const [at, step] of steps.entries()) {
    const own = states[step.node];
    if (own === undefined) continue;
    const made = { at, node: `n${step.node}`, by: 'test' };
    const other = 'from' in step ? states[step.from] : undefined;
    const next = 'fields' in step ? own.change(step.fields, made) : own.merge(other ?? own);
    states = states.with(step.node, next);
  }
  return states;
}

const same = (a: SettingsState, b: SettingsState): boolean =>
  a.hash === b.hash &&
  a.version === b.version &&
  JSON.stringify(a.toPlain()) === JSON.stringify(b.toPlain());

const three = fc.array(step, { maxLength: 12 }).map(run);

t.test('merge is commutative, associative and idempotent', async () => {
  fc.assert(
    fc.property(three, (states) => {
      const [a, b, c] = states;
      if (a === undefined || b === undefined || c === undefined) return false;
      return (
        same(a.merge(b), b.merge(a)) &&
        same(a.merge(b).merge(c), a.merge(b.merge(c))) &&
        same(a.merge(a), a)
      );
    }),
    { numRuns: 3_000 },
  );
});

t.test('what nodes send is what they know', async () => {
  fc.assert(
    fc.property(three, (states) =>
      states.every((state) => {
        const plain = JSON.parse(JSON.stringify(state.toPlain()));
        return same(SettingsState.from(plain, SettingsState.initial(INITIAL)), state);
      }),
    ),
    { numRuns: 3_000 },
  );
});

t.test('a change that was seen is never undone by what it replaced', async () => {
  fc.assert(
    fc.property(three, fields, (states, fields) => {
      const [a, b] = states;
      if (a === undefined || b === undefined) return false;
      const both = a.merge(b);
      const after = both.change(fields, { at: 99, node: 'n9', by: 'test' });
      const later = b.merge(after).merge(a);
      return (
        same(later, after) &&
        JSON.stringify(later.settings) === JSON.stringify({ ...both.settings, ...fields }) &&
        (after === both || after.history.at(-1)?.version === after.version)
      );
    }),
    { numRuns: 3_000 },
  );
});

t.test('no change is made of what changes nothing', async (t) => {
  const state = SettingsState.initial(INITIAL);
  const made = { at: 1, node: 'n1', by: 'test' };
  t.equal(state.change({ default_level: 'quorum' }, made), state);
  t.equal(state.change({}, made), state);
  t.match(state.version, /^0-[0-9a-f]{8}$/);
  t.match(state.change({ default_level: 'one' }, made).version, /^1-[0-9a-f]{8}$/);
});

t.test(
  'a field that this node does not know, or whose value it cannot do, is left out',
  async (t) => {
    const initial = SettingsState.initial(INITIAL);
    const later = SettingsState.from(
      {
        fields: [
          ['default_level', 'level-of-tomorrow', [7, 'n2']],
          ['setting_of_tomorrow', 1, [7, 'n2']],
          ['blind_writes', 'refuse', [7, 'n2']],
        ],
        history: [],
      },
      initial,
    );
    t.strictSame(initial.merge(later).settings, { ...INITIAL, blind_writes: 'refuse' });
  },
);

t.test('history has a bound, and keeps the newest', async (t) => {
  let state = SettingsState.initial(INITIAL);
  for (let i = 1; i <= 1_200; i += 1) {
    const fields = { read_repair_probability: i / 2_000 };
    state = state.change(fields, { at: i, node: 'n1', by: 'test' });
  }
  t.equal(state.history.length, 1_000);
  t.equal(state.history.at(-1)?.at, 1_200);
  t.equal(state.merge(state).history.length, 1_000);
});

t.test('a delete of a namespace beats a change that knew nothing of it (N3)', async (t) => {
  const make = (generation: number, rules: unknown) => ({
    'namespace/shop': { generation, rules },
  });
  const at = (node: string) => ({ at: 1, node, by: 'test' });
  const base = SettingsState.initial(INITIAL).change(make(1, {}), at('n1'));
  const deleted = base.change(make(1, null), at('n1'));
  const changed = base
    .change({ default_level: 'one' }, at('n2'))
    .change(make(1, { durability: 'os' }), at('n2'));
  const merged = changed.merge(deleted);
  t.ok(same(merged, deleted.merge(changed)));
  t.equal(merged.namespaces.size, 0);
  t.strictSame(merged.everEnded, ['shop']);
  t.ok(merged.hasEnded('shop~1'));
  t.notOk(merged.hasEnded('shop~2'));
  t.notOk(merged.hasEnded('other~1'), 'what this node does not know has not ended');
  t.ok(Number.parseInt(merged.version, 10) >= Number.parseInt(changed.version, 10));
  const anew = merged.change(make(2, {}), at('n3'));
  t.equal(anew.namespaces.get('shop')?.stored, 'shop~2');
  t.ok(same(anew.merge(deleted).merge(changed), anew));
  t.ok(anew.hasEnded('shop~1'));
});
