/** The search for an order, on histories made by hand: good ones, and bad ones as the control. */
import fc from 'fast-check';
import t from 'tap';
import { judgeKey, type KeyOperation } from '../../../lib/checkers/linearizability.js';

const NEVER = Number.POSITIVE_INFINITY;

type Span = readonly [began: number, ended?: number];

/** An end that is missing: nobody was answered. */
function operation(id: string, [began, ended]: Span, does: KeyOperation['does']): KeyOperation {
  return { id, began, ended: ended ?? NEVER, isOpen: ended === undefined, does };
}

const put = (id: string, span: Span, replaced?: readonly string[]): KeyOperation =>
  operation(id, span, { kind: 'write', isDelete: false, replaced });
const remove = (id: string, span: Span): KeyOperation =>
  operation(id, span, { kind: 'write', isDelete: true });
const cas = (id: string, span: Span, expected: readonly string[]): KeyOperation =>
  operation(id, span, { kind: 'write', isDelete: false, expected });
const refused = (span: Span, unless: readonly string[], found: readonly string[]): KeyOperation =>
  operation('refused', span, { kind: 'read', found, unless });
const read = (span: Span, ...found: readonly string[]): KeyOperation =>
  operation('read', span, { kind: 'read', found });
const add = (id: string, span: Span, removes: readonly string[] = []): KeyOperation =>
  operation(id, span, { kind: 'add', isDelete: false, removes, follows: [] });
const end = (id: string, span: Span, ...removes: readonly string[]): KeyOperation =>
  operation(id, span, { kind: 'add', isDelete: true, removes, follows: [] });

const GOOD: readonly (readonly [string, readonly KeyOperation[]])[] = [
  ['written, then read', [put('a', [1, 2], []), read([3, 4], 'a')]],
  ['read before a write that began before', [put('a', [1, 4], []), read([2, 3])]],
  ['an open write appears late', [put('a', [1]), read([2, 3]), read([4, 5], 'a')]],
  ['an open write never appears', [put('a', [1]), read([2, 3]), read([4, 5])]],
  ['a plain write is replaced', [add('x', [1, 2]), put('a', [3, 4], ['x']), read([5, 6], 'a')]],
  [
    'an open plain write surfaces beside a strong one',
    [add('x', [1]), put('a', [3, 4], []), read([5, 6], 'a', 'x')],
  ],
  [
    'a plain write replaces what it saw',
    [add('x', [1]), add('y', [2, 3], ['x']), read([4, 5], 'y')],
  ],
  [
    'one of two that compare the same wins',
    [put('a', [1, 2]), cas('b', [3, 4], ['a']), refused([3.5, 6], ['a'], ['b'])],
  ],
  ['a value ends', [put('a', [1, 2]), end('e', [3], 'a'), read([4, 5])]],
  ['a value may still end', [put('a', [1, 2]), end('e', [3], 'a'), read([4, 5], 'a')]],
  ['deleted', [put('a', [1, 2]), remove('d', [3, 4]), read([5, 6])]],
  [
    'superseded before it was there',
    [add('y', [1, 2], ['x']), add('x', [3, 4]), read([5, 6], 'y')],
  ],
];

const BAD: typeof GOOD = [
  ['a write is not read', [put('a', [1, 2], []), read([3, 4])]],
  ['an open write appears and is gone', [put('a', [1]), read([2, 3], 'a'), read([4, 5])]],
  ['a plain write was not met', [add('x', [1, 2]), put('a', [3, 4], [])]],
  ['a plain write is not read', [add('x', [1, 2]), read([3, 4])]],
  [
    'two that compare the same win',
    [put('a', [1, 2]), cas('b', [3, 4], ['a']), cas('c', [3.5, 6], ['a'])],
  ],
  ['refused although it held', [put('a', [1, 2]), refused([3, 4], ['a'], ['a'])]],
  [
    'a value that has ended is back',
    [put('a', [1, 2]), end('e', [3], 'a'), read([4, 5]), read([6, 7], 'a')],
  ],
  [
    'what was replaced is back',
    [add('x', [1]), read([2, 3], 'x'), put('a', [4, 5], ['x']), read([6, 7], 'a', 'x')],
  ],
  ['two strong writes side by side', [put('a', [1]), put('b', [1.5, 3]), read([4, 5], 'a', 'b')]],
  ['deleted, and read', [put('a', [1, 2]), remove('d', [3, 4]), read([5, 6], 'a')]],
  ['what nobody wrote is read', [put('a', [1, 2]), read([3, 4], 'b')]],
  [
    'a write that would be both',
    [operation('a', [1, 2], { kind: 'write', isDelete: false, expected: [], replaced: ['b'] })],
  ],
];

t.test('good and bad histories are told apart', async (t) => {
  for (const [name, history] of GOOD) t.equal(judgeKey(history), 'linearizable', name);
  for (const [name, history] of BAD) t.equal(judgeKey(history), 'not linearizable', name);
});

t.test('an open write whose time is over does not take effect any more', async (t) => {
  const until = (ended: number): KeyOperation => ({ ...put('a', [1]), ended });
  const late = [read([4, 5]), read([6, 7], 'a')];
  t.equal(judgeKey([until(5.5), ...late]), 'linearizable');
  t.equal(judgeKey([until(3.5), ...late]), 'not linearizable');
});

t.test('a write that follows another is not ordered before it', async (t) => {
  const x = operation('x', [1, 2], { kind: 'add', isDelete: false, removes: [], follows: ['a'] });
  t.equal(judgeKey([x, put('a', [1.5]), read([3, 4], 'a', 'x')]), 'linearizable');
  t.equal(judgeKey([x, put('a', [3]), read([3.5, 4], 'a', 'x')]), 'not linearizable');
});

t.test('a search that takes too long says so', async (t) => {
  const puts = Array.from({ length: 12 }, (_, i) => put(`w${i}`, [1 + i / 100, 50 + i]));
  t.equal(judgeKey([...puts, read([100, 101], 'nothing')], 500), 'undecided');
  t.equal(judgeKey([...puts, read([100, 101], 'nothing')]), 'not linearizable');
});

/** One copy, many clients: each acts at a moment between its beginning and its end. */
function historyOf(picks: readonly number[]): KeyOperation[] {
  let live: readonly string[] = [];
  return picks.map((pick, i) => {
    const span: Span = [i - (pick % 7) / 8, i + 0.5 + (pick % 11) / 4];
    const id = `w${i}`;
    const found = live;
    switch (pick % 5) {
      case 0:
        return read(span, ...found);
      case 1:
        live = [id];
        return put(id, span, found);
      case 2:
        live = [];
        return remove(id, span);
      case 3:
        live = [id];
        return cas(id, span, found);
      default:
        live = [...live, id];
        return add(id, span);
    }
  });
}

t.test(
  'what one copy answered has an order; with one answer changed it mostly has none',
  async (t) => {
    let changed = 0;
    let noticed = 0;
    fc.assert(
      fc.property(fc.array(fc.nat(10_000), { minLength: 4, maxLength: 24 }), (picks) => {
        const history = historyOf(picks);
        if (judgeKey(history) !== 'linearizable') return false;
        const strange = history.map((one) =>
          one.does.kind === 'read' ? { ...one, does: { ...one.does, found: ['w999'] } } : one,
        );
        if (!strange.some(({ does }) => does.kind === 'read')) return true;
        changed += 1;
        if (judgeKey(strange) === 'not linearizable') noticed += 1;
        return true;
      }),
      { numRuns: 500 },
    );
    t.ok(changed > 100);
    t.equal(noticed, changed);
  },
);
