/** Strategies: deterministic, idempotent, exact; and what breaks its contract is refused. */
import fc from 'fast-check';
import t from 'tap';
import { resolveChecked, sameValue } from '../../../lib/resolution/checked.js';
import { type CustomResolver, customStrategy } from '../../../lib/resolution/custom.js';
import {
  siblingBytesMaxOf,
  type StrategyName,
  STRATEGY_NAMES,
  strategyOf,
} from '../../../lib/resolution/strategies.js';
import type { Strategy } from '../../../lib/resolution/strategy.js';
import type { Version } from '../../../lib/versioning/siblings.js';

const BUILT_IN = STRATEGY_NAMES.filter((name) => name !== 'custom');

function sibling(n: number, text: string, fields: Partial<Version> = {}): Version {
  return {
    dot: { writer: 'a.1.0123456789ab', n },
    state: 'value',
    contentType: 'application/json',
    value: Buffer.from(text),
    writtenAt: n,
    expiresAt: undefined,
    ...fields,
  };
}

function named(name: StrategyName): Strategy {
  const strategy = strategyOf(name, undefined);
  if (strategy === undefined) throw new Error(`${name} is built in`);
  return strategy;
}

/** The text that the siblings come to; undefined where they stay. */
function resolved(name: StrategyName, siblings: readonly Version[]): string | undefined {
  const verdict = resolveChecked(named(name), siblings, siblingBytesMaxOf(name));
  if (verdict.kind === 'refused') throw new Error(verdict.reason);
  return verdict.kind === 'kept' ? undefined : Buffer.from(verdict.resolved.value).toString();
}

/** Values of every shape, those that strategies take more often than not. */
const anyText = fc.oneof(
  fc
    .array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.jsonValue({ maxDepth: 1 })))
    .map((value) => JSON.stringify(value)),
  fc
    .dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.jsonValue({ maxDepth: 2 }))
    .map((value) => JSON.stringify(value)),
  fc.constantFrom('1', '1.0', '10e-1', '12345678901234567890', '12345678901234567891', '-0', '2'),
  fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value)),
);
const alikeTexts = fc
  .constantFrom(0, 1, 2)
  .chain((kind) =>
    fc.array(
      [
        fc
          .array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 })
          .map((value) => JSON.stringify(value)),
        fc
          .object({ key: fc.constantFrom('a', 'b', 'c'), maxDepth: 3 })
          .map((value) => JSON.stringify(value)),
        fc.constantFrom('1', '1.0', '2', '12345678901234567890', '12345678901234567891.0', '-7e2'),
      ][kind] ?? anyText,
      { minLength: 2, maxLength: 4 },
    ),
  );
const anySiblings = fc
  .tuple(
    fc.oneof(alikeTexts, fc.array(anyText, { minLength: 2, maxLength: 4 })),
    fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 }),
    fc.boolean(),
  )
  .map(([texts, times, bytes]) =>
    texts.map((text, i) =>
      sibling(i + 1, text, {
        writtenAt: times[i] ?? 0,
        ...(bytes && i === 1 ? { contentType: 'text/plain' } : {}),
      }),
    ),
  );

t.test('every built-in keeps its contract, whatever the values', async () => {
  for (const name of BUILT_IN) {
    fc.assert(
      fc.property(anySiblings, (siblings) => {
        return resolveChecked(named(name), siblings, Number.POSITIVE_INFINITY).kind !== 'refused';
      }),
      { numRuns: 2_000 },
    );
  }
});

t.test('unions and maxima come to the same, whoever resolved what first', async () => {
  for (const name of ['set-union', 'max'] as const) {
    fc.assert(
      fc.property(alikeTexts, alikeTexts, (some, others) => {
        const left = some.map((text, i) => sibling(i + 1, text));
        const right = others.map((text, i) => sibling(i + 11, text));
        const [a, b] = [resolved(name, left), resolved(name, right)];
        const whole = resolved(name, [...left, ...right]);
        if (a === undefined || b === undefined || whole === undefined) return true;
        return resolved(name, [sibling(21, a), sibling(22, b)]) === whole;
      }),
      { numRuns: 2_000 },
    );
  }
});

t.test('a set has what any array had, and nothing else', async () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(9)), { minLength: 1, maxLength: 4 }), (arrays) => {
      const text = resolved(
        'set-union',
        [...arrays, [10]].map((array, i) => sibling(i + 1, JSON.stringify(array))),
      );
      const union = JSON.parse(text ?? '[]') as number[];
      return (
        new Set(union).size === union.length &&
        union.length === new Set([10, ...arrays.flat()]).size
      );
    }),
    { numRuns: 2_000 },
  );
});

interface Row {
  readonly name: StrategyName;
  readonly texts: readonly string[];
  readonly expected: string | undefined;
}

const rows: readonly Row[] = [
  { name: 'siblings', texts: ['1', '2'], expected: undefined },
  { name: 'last-writer', texts: ['{"a": 1.10}', '"x"'], expected: '"x"' },
  { name: 'set-union', texts: ['["b","a"]', '["a", "c"]'], expected: '["a","b","c"]' },
  {
    name: 'set-union',
    texts: ['[1.0,{"b":1,"a":2}]', '[1,{"a":2, "b":1}]'],
    expected: '[1,{"b":1,"a":2}]',
  },
  {
    name: 'set-union',
    texts: ['[12345678901234567890]', '[12345678901234567891]'],
    expected: '[12345678901234567890,12345678901234567891]',
  },
  { name: 'set-union', texts: ['[1]', '{"a":1}'], expected: undefined },
  {
    name: 'max',
    texts: ['12345678901234567890', '12345678901234567891'],
    expected: '12345678901234567891',
  },
  { name: 'max', texts: ['-1', '-2.5'], expected: '-1' },
  { name: 'max', texts: ['1e2', '99.9'], expected: '1e2' },
  { name: 'max', texts: ['1', '"2"'], expected: undefined },
  {
    name: 'json-merge',
    texts: ['{"a":1,"c":{"x":1.50,"y":1}}', '{"b":2,"c":{"y":2}}'],
    expected: '{"a":1,"b":2,"c":{"x":1.50,"y":2}}',
  },
  { name: 'json-merge', texts: ['{"a":{"b":1}}', '{"a":7}'], expected: '{"a":7}' },
  { name: 'json-merge', texts: ['{"a":[1]}', '{"a":[2]}'], expected: '{"a":[2]}' },
  {
    name: 'json-merge',
    texts: ['{"id":12345678901234567890}', '{"t":"\\u00e9"}'],
    expected: '{"id":12345678901234567890,"t":"\\u00e9"}',
  },
  { name: 'json-merge', texts: ['{"__proto__":{"x":1}}', '{}'], expected: '{"__proto__":{"x":1}}' },
  { name: 'json-merge', texts: ['{"a":1}', '[1]'], expected: undefined },
];

for (const { name, texts, expected } of rows) {
  t.test(`${name} of ${texts.join(' and ')}`, async (t) => {
    t.equal(
      resolved(
        name,
        texts.map((text, i) => sibling(i + 1, text)),
      ),
      expected,
    );
  });
}

t.test('where clocks agree the dot decides; where they do not, they do', async (t) => {
  const early = sibling(9, '"early"', { writtenAt: 1 });
  const late = sibling(1, '"late"', { writtenAt: 2, expiresAt: 50 });
  const tied = sibling(2, '"tied"', { writtenAt: 2 });
  t.equal(resolved('last-writer', [early, late]), '"late"');
  t.equal(resolved('last-writer', [early, late, tied]), '"tied"');
  t.equal(
    resolved('json-merge', [sibling(1, '{"a":1}', { writtenAt: 5 }), sibling(2, '{"a":2}')]),
    '{"a":1}',
  );
  const verdict = resolveChecked(named('last-writer'), [early, late], Number.POSITIVE_INFINITY);
  t.match(verdict, { resolved: { expiresAt: 50 } }, "the end is the winner's own");
});

t.test(
  'values that are alike are one, whatever the strategy; the longest life holds',
  async (t) => {
    const bytes = { contentType: 'image/png' };
    const twins = [
      sibling(1, 'x', { ...bytes, expiresAt: 9 }),
      sibling(2, 'x', { ...bytes, expiresAt: 11 }),
    ];
    for (const name of BUILT_IN) {
      t.match(
        resolveChecked(named(name), twins, Number.POSITIVE_INFINITY),
        { kind: 'resolved', resolved: { expiresAt: 11 } },
        name,
      );
    }
    const forever = [...twins, sibling(3, 'x', bytes)];
    t.match(resolveChecked(named('max'), forever, Number.POSITIVE_INFINITY), {
      resolved: { expiresAt: undefined },
    });
    t.notOk(sameValue(sibling(1, '1'), sibling(2, '1', bytes)), 'types differ');
  },
);

t.test('too much at once is left to the clients', async (t) => {
  const large = `["${'x'.repeat(1_100_000)}"]`;
  t.equal(
    resolved('set-union', [sibling(1, large), sibling(2, large.replace('x', 'y'))]),
    undefined,
  );
  t.ok(resolved('last-writer', [sibling(1, large), sibling(2, large)]), 'nothing is taken apart');
  const letters = 'x'.repeat(700_000);
  const twins = [1, 2].map((n) => sibling(n, `["${letters}",${n}]`));
  t.equal(resolved('set-union', twins), `[1,2,"${letters}"]`, 'what the checks add is not counted');
});

const wrong: readonly (readonly [why: RegExp, resolver: CustomResolver])[] = [
  [/order/, ([first]) => json(first?.text ?? '')],
  [/its own result/, (all) => json(String(all.reduce((sum, { text }) => sum + Number(text), 0)))],
  [/its own result/, (all) => json(JSON.stringify(all.map(({ text }) => text).sort()))],
  [
    /failed: no/,
    () => {
      throw new Error('no');
    },
  ],
  [/media type/, () => ({ contentType: 'json', value: '1' })],
  [/neither a string/, () => ({ contentType: 'a/b', value: 7 }) as never],
  [/media type/, (async () => json('1')) as never],
  [/JSON/, () => json('{')],
];
const json = (value: string) => ({ contentType: 'application/json', value });

t.test('a custom function that breaks its contract is refused', async (t) => {
  const siblings = [sibling(1, '1'), sibling(2, '2')];
  for (const [why, resolver] of wrong) {
    const verdict = resolveChecked(customStrategy(resolver), siblings, Number.POSITIVE_INFINITY);
    t.match(verdict, { kind: 'refused', reason: why }, String(why));
  }
  let calls = 0;
  const fickle: CustomResolver = () => json(String(++calls));
  t.match(resolveChecked(customStrategy(fickle), siblings, Number.POSITIVE_INFINITY), {
    kind: 'refused',
  });
});

t.test('a custom function gets texts and copies, and may leave siblings alone', async (t) => {
  const siblings = [
    sibling(1, '1.50', { writtenAt: 1_500_000 }),
    sibling(2, '2', { writtenAt: 7_000 }),
  ];
  const seen: unknown[] = [];
  const most = customStrategy((all) => {
    seen.push(...all.map(({ version, writtenAt, text }) => [version, writtenAt, text]));
    for (const { bytes } of all) bytes.fill(0);
    return json(String(Math.max(...all.map(({ text }) => Number(text)))));
  });
  t.match(resolveChecked(most, siblings, Number.POSITIVE_INFINITY), {
    kind: 'resolved',
    resolved: { value: Buffer.from('2') },
  });
  t.strictSame(seen[0], ['a.1.0123456789ab.1', 1500, '1.50']);
  t.strictSame(
    siblings.map(({ value }) => Buffer.from(value).toString()),
    ['1.50', '2'],
  );
  t.match(
    resolveChecked(
      customStrategy(() => undefined),
      siblings,
      Number.POSITIVE_INFINITY,
    ),
    { kind: 'kept' },
  );
  t.equal(strategyOf('custom', undefined), undefined);
});
