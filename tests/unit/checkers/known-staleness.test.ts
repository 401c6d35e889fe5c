/** Bounds of staleness by hand-made histories: good ones pass, each bad one is named. */
import t from 'tap';
import { checkHistory } from '../../../lib/checkers/check-history.js';
import { checkStaleness, countAllowedStaleness } from '../../../lib/checkers/check-staleness.js';
import { writeValue } from '../../../lib/checkers/checked-value.js';
import type {
  History,
  RecordedRead,
  RecordedWrite,
  StalenessClaim,
} from '../../../lib/checkers/history.js';

/** Acknowledged at 100 by one primary. */
function written(version: string, more: Partial<RecordedWrite> = {}): RecordedWrite {
  return {
    ...{ id: `w-${version}`, key: 'k', kind: 'value', began: 90, ended: 100 },
    ...{ outcome: 'acknowledged', version, seen: [], holders: 1, consulted: 0, ...more },
  };
}

/** Began at 1000. */
function read(
  versions: readonly string[],
  bound: StalenessClaim | undefined,
  more: Partial<RecordedRead> = {},
): RecordedRead {
  return {
    ...{ id: 'r', key: 'k', began: 1000, ended: 1010, answered: 1, repaired: 0, bound },
    versions: versions.map((version) => {
      return { version, value: writeValue({ key: 'k', writeId: `w-${version}` }) };
    }),
    ...more,
  };
}

const all = (age: number): StalenessClaim => ({ age, scope: 'all' });
const quorum = (age: number): StalenessClaim => ({ age, scope: 'quorum' });

function history(reads: readonly RecordedRead[], ...writes: readonly RecordedWrite[]): History {
  return { replicaCount: 3, writes, reads, finals: [] };
}

interface Row {
  readonly name: string;
  readonly history: History;
  /** What the one finding says; undefined: there is none. */
  readonly finding?: RegExp;
  /** Writes that an answer missed within its bound. */
  readonly allowed?: number;
}

const later = written('b', { seen: ['a'], began: 140, ended: 150 });
const gone = written('d', { kind: 'delete', seen: ['a'], began: 140, ended: 150 });

const ROWS: readonly Row[] = [
  { name: 'an answer shows all', history: history([read(['a'], all(0))], written('a')) },
  {
    name: 'an answer misses what is older than its bound',
    history: history([read([], all(899))], written('a')),
    finding: /r misses a/,
  },
  {
    name: 'an answer misses what is no older than its bound',
    history: history([read([], all(900))], written('a')),
    allowed: 1,
  },
  {
    name: 'an answer that claims nothing may miss anything',
    history: history([read([], undefined)], written('a')),
  },
  {
    name: 'of scope quorum it may miss what one primary acknowledged',
    history: history([read([], quorum(0))], written('a')),
  },
  {
    name: 'of scope quorum it may not miss what a majority acknowledged',
    history: history([read([], quorum(0))], written('a', { holders: 2 })),
    finding: /r misses a/,
  },
  {
    name: 'what superseded it may be shown in its place',
    history: history([read(['b'], all(0))], written('a'), later),
  },
  {
    name: 'the bound lies between two writes: the first of them is enough',
    history: history([read(['a'], all(870))], written('a'), later),
    allowed: 1,
  },
  {
    name: 'an old value is shown although its bound covers the new one',
    history: history([read(['a'], all(800))], written('a'), later),
    finding: /r misses b/,
  },
  {
    name: 'what was deleted before the bound is shown',
    history: history([read(['a'], all(800))], written('a'), gone),
    finding: /r shows a, which d/,
  },
  {
    name: 'what was deleted within the bound may be shown',
    history: history([read(['a'], all(870))], written('a'), gone),
  },
  {
    name: 'what only a stand-in acknowledged is outside of every bound',
    history: history([read([], all(0))], written('a', { holders: 0 })),
  },
  {
    name: 'what was not acknowledged is outside of every bound',
    history: history([read([], all(0))], written('a', { outcome: 'open', ended: undefined })),
  },
  {
    name: 'another key is another matter',
    history: history([read([], all(0))], written('a', { key: 'l' })),
  },
  {
    name: 'what may have ended need not be shown',
    history: history(
      [read([], all(0))],
      written('a', { expiry: { from: 990, until: 1000, by: 1000 } }),
    ),
  },
  {
    name: 'what a quorum read has shown is with a majority since',
    history: history(
      [
        read(['a'], undefined, { id: 'q', began: 200, ended: 300, answered: 2, repaired: 2 }),
        read([], quorum(600)),
      ],
      written('a', { outcome: 'open', ended: undefined, holders: 0 }),
    ),
    finding: /r misses a, which q/,
  },
];

t.test('each history has its verdict', async (t) => {
  for (const { name, history, finding, allowed = 0 } of ROWS) {
    const found = checkStaleness(history);
    if (finding === undefined) t.same(found, [], name);
    else {
      t.ok(found.length > 0, name);
      for (const one of found) t.equal(one.checker, 'staleness', name);
      t.match(found[0]?.message, finding, name);
    }
    t.equal(countAllowedStaleness(history), allowed, `${name}: allowed`);
  }
});

t.test('it is one of the checkers of every history', async (t) => {
  const bad = history([read([], all(0))], written('a'));
  t.match(checkHistory(bad), [{ checker: 'staleness', key: 'k' }]);
});
