/** Zones of values, on histories made by hand, and beside the search for an order. */
import fc from 'fast-check';
import t from 'tap';
import { checkZones } from '../../../lib/checkers/check-zones.js';
import { judgeKey, type KeyOperation } from '../../../lib/checkers/linearizability.js';
import { isRegister, zoneFaults } from '../../../lib/checkers/zones.js';

const NEVER = Number.POSITIVE_INFINITY;

type Span = readonly [began: number, ended?: number];

/** An end that is missing: nobody was answered. */
function operation(id: string, [began, ended]: Span, does: KeyOperation['does']): KeyOperation {
  return { id, began, ended: ended ?? NEVER, isOpen: ended === undefined, does };
}

const put = (id: string, span: Span, replaced?: readonly string[]): KeyOperation =>
  operation(id, span, { kind: 'write', isDelete: false, replaced });
const remove = (id: string, span: Span, replaced?: readonly string[]): KeyOperation =>
  operation(id, span, { kind: 'write', isDelete: true, replaced });
const cas = (id: string, span: Span, expected: readonly string[]): KeyOperation =>
  operation(id, span, { kind: 'write', isDelete: false, expected });
const refused = (span: Span, unless: readonly string[], found: readonly string[]): KeyOperation =>
  operation('refused', span, { kind: 'read', found, unless });
const read = (span: Span, ...found: readonly string[]): KeyOperation =>
  operation('read', span, { kind: 'read', found });
const add = (id: string, span: Span, removes: readonly string[] = []): KeyOperation =>
  operation(id, span, { kind: 'add', isDelete: false, removes, follows: [] });

const GOOD: readonly (readonly [string, readonly KeyOperation[]])[] = [
  ['nothing happened', []],
  ['written, then read', [put('a', [1, 2]), read([3, 4], 'a')]],
  ['read before a write that began before', [put('a', [1, 4]), read([2, 3])]],
  ['read while it is written', [put('a', [1, 4]), read([2, 3], 'a')]],
  [
    'values that follow each other',
    [put('a', [1, 2]), read([3, 6], 'a'), put('b', [4, 5]), read([6, 7], 'b')],
  ],
  [
    'a value that was there for a moment, between two others',
    [put('a', [1, 9]), put('b', [2, 8]), read([3, 4], 'b'), read([5, 6], 'a')],
  ],
  ['an open write appears late', [put('a', [1]), read([2, 3]), read([4, 5], 'a')]],
  ['an open write never appears', [put('a', [1]), read([2, 3]), read([4, 5])]],
  [
    'an open write appears, and one that replaced it',
    [put('a', [1]), cas('b', [2], ['a']), read([3, 4], 'b')],
  ],
  [
    'nobody knows of an open comparison',
    [put('a', [1, 2]), cas('b', [3], ['x']), read([4, 5], 'a')],
  ],
  [
    'one of two that compare the same wins',
    [put('a', [1, 2]), cas('b', [3, 4], ['a']), refused([3.5, 6], ['a'], ['b'])],
  ],
  [
    'deleted, and written again',
    [put('a', [1, 2]), remove('d', [3, 4]), read([5, 6]), put('b', [7, 8])],
  ],
  ['a plain write stands beside', [put('a', [1, 2]), add('x', [3, 4]), read([5, 6], 'a', 'x')]],
  ['a plain write replaces', [put('a', [1, 2]), add('x', [3, 4], ['a']), read([5, 6], 'x')]],
];

const BAD: readonly (readonly [string, RegExp, readonly KeyOperation[]])[] = [
  [
    'a stale read',
    /the zones of a and b overlap/,
    [put('a', [1, 2]), put('b', [3, 4]), read([5, 6], 'b'), read([7, 8], 'a')],
  ],
  [
    'a write that is not seen',
    /the zones of nothing and a overlap/,
    [put('a', [1, 2]), read([3, 4]), read([5, 6], 'a')],
  ],
  [
    'a first value that is not seen',
    /a lies within the zone of nothing/,
    [put('a', [1, 2]), read([3, 4])],
  ],
  [
    'two values are there at once',
    /the zones of a and b overlap/,
    [put('a', [1, 2]), put('b', [1, 2]), read([3, 4], 'a'), read([5, 6], 'b'), read([7, 8], 'a')],
  ],
  [
    'a value was there all the while that another was written and read',
    /b lies within the zone of a/,
    [put('a', [1, 2]), put('b', [3, 6]), read([4, 5], 'b'), read([7, 8], 'a')],
  ],
  ['read before its write', /saw a before that was written/, [read([1, 2], 'a'), put('a', [3, 4])]],
  ['what nobody wrote is read', /saw b, which nobody wrote/, [put('a', [1, 2]), read([3, 4], 'b')]],
  [
    'what was deleted is read',
    /saw d, which nobody wrote/,
    [remove('d', [1, 2]), read([3, 4], 'd')],
  ],
  ['an open write appears and is gone', /zone/, [put('a', [1]), read([2, 3], 'a'), read([4, 5])]],
  [
    'two that compare the same win',
    /b and c have both replaced a/,
    [put('a', [1, 2]), cas('b', [3, 4], ['a']), cas('c', [3.5, 6], ['a'])],
  ],
  [
    'two find nothing and win',
    /both replaced nothing/,
    [cas('a', [1, 3], []), cas('b', [2, 4], [])],
  ],
  [
    'what replaced it is seen before',
    /seen before what it replaced/,
    [put('a', [1]), cas('b', [1, 9], ['a']), read([2, 3], 'b'), read([4, 5], 'a')],
  ],
  ['two replaced each other', /ring/, [cas('a', [1, 4], ['b']), cas('b', [2, 3], ['a'])]],
  ['refused although it held', /condition/, [put('a', [1, 2]), refused([3, 4], ['a'], ['a'])]],
  [
    'two strong writes side by side',
    /side by side/,
    [put('a', [1, 8]), put('b', [2, 7]), read([3, 4], 'a', 'b')],
  ],
  [
    'deleted, and read',
    /d lies within the zone of a/,
    [put('a', [1, 2]), remove('d', [3, 4]), read([5, 6], 'a')],
  ],
  [
    'not found while it was there',
    /read lies within the zone of a/,
    [remove('d', [0, 1]), put('a', [1, 2]), read([3, 4]), read([5, 6], 'a')],
  ],
  [
    'a plain write that a strong one has replaced is back',
    /a lies within the zone of x/,
    [add('x', [1, 2]), put('a', [3, 4]), read([5, 6], 'a', 'x')],
  ],
];

t.test('good and bad histories are told apart', async (t) => {
  for (const [name, history] of GOOD) t.same(zoneFaults(history), [], name);
  for (const [name, fault, history] of BAD) {
    t.match(zoneFaults(history).join('; '), fault, name);
    t.equal(judgeKey(history), 'not linearizable', `${name}: the search says so, too`);
  }
});

t.test('what is found is reported of its key', async (t) => {
  const operations = [put('a', [1, 2]), read([3, 4], 'b')];
  const orders = [{ key: 'k', operations }];
  const [finding, ...more] = checkZones({
    replicaCount: 3,
    writes: [],
    reads: [],
    finals: [],
    orders,
  });
  t.match(finding, { checker: 'zones', key: 'k', message: /nobody wrote/ });
  t.same(more, []);
});

const anyTime = fc.nat({ max: 24 });
const anyName = fc.constantFrom('w0', 'w1', 'w2', 'w3', 'w4', 'w5', 'w6', 'w7');
const anyLiveSet = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(anyName) },
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.tuple(anyName, anyName) },
);
const aPick = fc.record({
  kind: fc.constantFrom('read', 'read', 'read', 'write', 'write', 'add'),
  isDelete: fc.nat({ max: 3 }).map((n) => n === 0),
  at: anyTime,
  before: fc.nat({ max: 5 }),
  after: fc.nat({ max: 5 }),
  isOpen: fc.nat({ max: 9 }).map((n) => n === 0),
  /** Of an open one: its time is over at some moment. */
  isBounded: fc.boolean(),
  names: fc.constantFrom('nothing', 'nothing', 'replaced', 'expected', 'both'),
  /** It is answered something else than was there. */
  isWrong: fc.nat({ max: 11 }).map((n) => n === 0),
  otherwise: anyLiveSet,
  another: anyLiveSet,
});
type Pick = typeof aPick extends fc.Arbitrary<infer T> ? T : never;

/** What one copy answers, that lies now and then; and what is live after it. */
function step(
  pick: Pick,
  id: string,
  live: readonly string[],
): [KeyOperation['does'], readonly string[]] {
  const { kind, names, isWrong, isDelete, otherwise, another } = pick;
  const shown = isWrong ? otherwise : live;
  if (kind === 'read') {
    return [{ kind, found: shown, unless: names === 'both' ? another : undefined }, live];
  }
  const added = isDelete ? [] : [id];
  if (kind === 'add') {
    const removes = names === 'nothing' ? [] : live.slice(0, 1);
    const kept = live.filter((name) => !removes.includes(name));
    return [{ kind, isDelete, removes, follows: [] }, [...kept, ...added]];
  }
  const replaced = names === 'replaced' || names === 'both' ? shown : undefined;
  const expected = names === 'expected' ? shown : replaced;
  const isTwofold = names === 'both' && isWrong;
  return [{ kind, isDelete, replaced, expected: isTwofold ? another : expected }, added];
}

function historyOf(picks: readonly Pick[]): KeyOperation[] {
  let live: readonly string[] = [];
  const inOrder = [...picks].sort((a, b) => a.at - b.at);
  return inOrder.map((pick, place): KeyOperation => {
    const { at, before, after, isOpen, isBounded } = pick;
    const id = `w${place}`;
    const [does, then] = step(pick, id, live);
    live = then;
    const ended = isOpen && !isBounded ? NEVER : at + after / 2;
    return { id, began: at - before / 2, ended, isOpen, does };
  });
}

const anyPicks = fc.array(aPick, { minLength: 2, maxLength: 10 });
const RUNS = Number(process.env['ZONE_HISTORIES'] ?? 10_000);

function ofRegister(pick: Pick): Pick {
  return { ...pick, isDelete: false, kind: pick.kind === 'add' ? 'write' : pick.kind };
}

t.test('of registers zones and search say the same', async (t) => {
  const counts = { right: 0, wrong: 0 };
  fc.assert(
    fc.property(anyPicks, (picks) => {
      const history = historyOf(picks.map(ofRegister));
      const isRight = judgeKey(history) === 'linearizable';
      counts[isRight ? 'right' : 'wrong'] += 1;
      return isRegister(history) && isRight === (zoneFaults(history).length === 0);
    }),
    { numRuns: RUNS },
  );
  t.ok(counts.right > RUNS / 5 && counts.wrong > RUNS / 5, JSON.stringify(counts));
});

t.test('of keys with deletes, plain writes and ends, zones find only what is wrong', async (t) => {
  const counts = { found: 0, missed: 0 };
  fc.assert(
    fc.property(anyPicks, (picks) => {
      const history = historyOf(picks);
      const isRight = judgeKey(history) === 'linearizable';
      const isFound = zoneFaults(history).length > 0;
      if (!isRight) counts[isFound ? 'found' : 'missed'] += 1;
      return !(isRight && isFound);
    }),
    { numRuns: RUNS },
  );
  t.ok(counts.found > counts.missed, JSON.stringify(counts));
});

t.test('a history of which the search gives up is judged', async (t) => {
  const history: KeyOperation[] = [];
  for (let round = 0; round < 5000; round += 1) {
    const began = 10 * round;
    for (let i = 0; i < 19; i += 1) history.push(put(`${round}.${i}`, [began, began + 5]));
    history.push(read([began + 6, began + 7], `${round}.0`));
  }
  t.equal(judgeKey(history.slice(0, 100), 20_000), 'undecided');
  t.same(zoneFaults(history), []);
  t.match(zoneFaults([...history, read([90_000, 90_001], '3.0')]).join('; '), /zones of/);
});
