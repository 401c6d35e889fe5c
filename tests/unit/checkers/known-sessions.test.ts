/** Sessions and causality by hand-made histories: good ones pass, each bad one is named. */
import t from 'tap';
import { checkHistory } from '../../../lib/checkers/check-history.js';
import { checkSessions, countSessionSteps } from '../../../lib/checkers/check-sessions.js';
import { writeValue } from '../../../lib/checkers/checked-value.js';
import type { History, RecordedRead, RecordedWrite } from '../../../lib/checkers/history.js';

const step = (...after: string[]) => ({ after, isCausal: false });
const causal = (...after: string[]) => ({ after, isCausal: true });

let now = 0;

function written(version: string, more: Partial<RecordedWrite> = {}): RecordedWrite {
  now += 10;
  return {
    ...{ id: `w-${version}`, key: 'k', kind: 'value', began: now, ended: now + 5 },
    ...{ outcome: 'acknowledged', version, seen: [], holders: 1, consulted: 0 },
    ...{ session: step(), ...more },
  };
}

function read(
  id: string,
  versions: readonly string[],
  more: Partial<RecordedRead> = {},
): RecordedRead {
  now += 10;
  const key = more.key ?? 'k';
  return {
    ...{ id, key, began: now, ended: now + 5, answered: 1, repaired: 0 },
    versions: versions.map((version) => {
      return { version, value: writeValue({ key, writeId: `w-${version}` }) };
    }),
    ...{ session: step(), ...more },
  };
}

type Step = RecordedRead | RecordedWrite;

function history(...steps: readonly Step[]): History {
  const writes = steps.filter((one): one is RecordedWrite => 'outcome' in one);
  const reads = steps.filter((one): one is RecordedRead => 'versions' in one);
  return { replicaCount: 3, writes, reads, finals: [] };
}

interface Row {
  readonly name: string;
  readonly history: History;
  /** What the one finding says; undefined: there is none. */
  readonly finding?: RegExp;
}

const other = { key: 'l' };

const ROWS: readonly Row[] = [
  {
    name: 'a read shows what its session wrote',
    history: history(written('a'), read('r', ['a'], { session: step('w-a') })),
  },
  {
    name: 'a read does not show what its session wrote',
    history: history(written('a'), read('r', [], { session: step('w-a') })),
    finding: /read your writes/,
  },
  {
    name: 'another session need not be shown it',
    history: history(written('a'), read('r', [])),
  },
  {
    name: 'another key is another matter',
    history: history(written('a'), read('r', [], { ...other, session: step('w-a') })),
  },
  {
    name: 'what superseded it may be shown in its place',
    history: history(
      written('a'),
      written('b', { seen: ['a'], session: undefined }),
      read('r', ['b'], { session: step('w-a') }),
    ),
  },
  {
    name: 'what its session deleted is shown',
    history: history(
      written('a'),
      written('b', { seen: ['a'], kind: 'delete', session: step('w-a') }),
      read('r', ['a'], { session: step('w-b') }),
    ),
    finding: /superseded/,
  },
  {
    name: 'what was not acknowledged need not be there',
    history: history(
      written('a', { outcome: 'open', ended: undefined }),
      read('r', [], { session: step('w-a') }),
    ),
  },
  {
    name: 'what it had read is gone',
    history: history(
      written('a', { session: undefined }),
      read('q', ['a']),
      read('r', [], { session: step('q') }),
    ),
    finding: /monotonic reads/,
  },
  {
    name: 'what it had read may be lost with a disk',
    history: history(
      written('a', { session: undefined }),
      read('q', ['a'], { session: { ...step(), mayBeLost: true } }),
      read('r', [], { session: step('q') }),
    ),
  },
  {
    name: 'what it had read is older now',
    history: history(
      written('a', { session: undefined }),
      written('b', { seen: ['a'], session: undefined }),
      read('q', ['b']),
      read('r', ['a'], { session: step('q') }),
    ),
    finding: /monotonic reads/,
  },
  {
    name: 'several steps back, and through a union of two tokens',
    history: history(
      written('a'),
      written('b', { ...other, session: step() }),
      read('q', ['b'], { ...other, session: step('w-a', 'w-b') }),
      read('r', [], { session: step('q') }),
    ),
    finding: /read your writes/,
  },
  {
    name: 'the second write of a session is shown without the first',
    history: history(
      written('a'),
      written('b', { session: step('w-a') }),
      read('r', ['b'], { session: undefined }),
    ),
    finding: /monotonic writes/,
  },
  {
    name: 'with the first beside it',
    history: history(
      written('a'),
      written('b', { session: step('w-a') }),
      read('r', ['a', 'b'], { session: undefined }),
    ),
  },
  {
    name: 'a write is shown without what its session had read of the key',
    history: history(
      written('a', { session: undefined }),
      read('q', ['a']),
      written('b', { session: step('q') }),
      read('r', ['b'], { session: undefined }),
    ),
    finding: /writes follow reads/,
  },
  {
    name: 'its writer had replaced what it had read',
    history: history(
      written('a', { session: undefined }),
      read('q', ['a']),
      written('b', { seen: ['a'], session: step('q') }),
      read('r', ['b'], { session: undefined }),
    ),
  },
  {
    name: 'an effect without its cause on another key, to a causal reader',
    history: history(
      written('a'),
      written('b', { ...other, session: causal('w-a') }),
      read('q', ['b'], { ...other, session: causal() }),
      read('r', [], { session: causal('q') }),
    ),
    finding: /WriteCOInitRead/,
  },
  {
    name: 'an old cause',
    history: history(
      written('o', { session: undefined }),
      written('a', { seen: ['o'] }),
      written('b', { ...other, session: causal('w-a') }),
      read('q', ['b'], { ...other, session: causal() }),
      read('r', ['o'], { session: causal('q') }),
    ),
    finding: /WriteCORead/,
  },
  {
    name: 'through two writers',
    history: history(
      written('a'),
      written('b', { ...other, session: causal('w-a') }),
      read('p', ['b'], { ...other, session: causal() }),
      written('c', { key: 'm', session: causal('p') }),
      read('q', ['c'], { key: 'm', session: causal() }),
      read('r', [], { session: step('q') }),
    ),
    finding: /WriteCOInitRead/,
  },
  {
    name: 'the effect was read at a level that takes over no past',
    history: history(
      written('a'),
      written('b', { ...other, session: causal('w-a') }),
      read('q', ['b'], { ...other, session: step() }),
      read('r', [], { session: step('q') }),
    ),
  },
  {
    name: 'the effect was written at a level that leaves none',
    history: history(
      written('a'),
      written('b', { ...other, session: step('w-a') }),
      read('q', ['b'], { ...other, session: causal() }),
      read('r', [], { session: step('q') }),
    ),
  },
  {
    name: 'a past that holds itself',
    history: history(
      read('q', ['b'], { session: causal() }),
      written('a', { ...other, session: causal('q') }),
      read('p', ['a'], { ...other, session: causal() }),
      written('b', { session: causal('p') }),
    ),
    finding: /CyclicCO/,
  },
];

for (const { name, history: known, finding } of ROWS) {
  t.test(name, async (t) => {
    const found = checkSessions(known);
    if (finding === undefined) t.strictSame(found, []);
    else {
      t.not(found.length, 0);
      t.ok(
        found.some(({ message }) => finding.test(message)),
        JSON.stringify(found),
      );
    }
    // Nothing of it is forbidden by anything else: at `one` a read may miss what another wrote.
    const all = checkHistory(known).filter(
      ({ checker }) => !['sessions', 'causality'].includes(checker),
    );
    t.strictSame(all, []);
  });
}

t.test('what was judged is counted', async (t) => {
  const known = history(
    written('a'),
    written('b', { ...other, session: causal('w-a') }),
    read('q', ['b'], { ...other, session: causal('w-b') }),
    read('r', ['a'], { session: causal('q') }),
  );
  t.strictSame(countSessionSteps(known), { own: 2, causal: 0 });
  const others = history(
    written('a'),
    written('b', { ...other, session: causal('w-a') }),
    read('q', ['b'], { ...other, session: causal() }),
    read('r', ['a'], { session: causal('q') }),
  );
  t.strictSame(countSessionSteps(others), { own: 0, causal: 1 });
});
