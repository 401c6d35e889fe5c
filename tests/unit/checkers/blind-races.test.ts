/** Blind writes that race, in histories made by hand: each superseder must lead to what is left. */
import t from 'tap';
import { Causality } from '../../../lib/checkers/causality.js';
import { checkBlindWrites } from '../../../lib/checkers/check-blind-writes.js';
import {
  checkFalseSiblings,
  checkLostWrites,
  checkRaces,
} from '../../../lib/checkers/check-causality.js';
import { checkStaleReads } from '../../../lib/checkers/check-stale-reads.js';
import { checkSuperseded } from '../../../lib/checkers/check-superseded.js';
import { writeValue } from '../../../lib/checkers/checked-value.js';
import type {
  Finding,
  History,
  RecordedRead,
  RecordedWrite,
} from '../../../lib/checkers/history.js';

const value = (version: string): string => writeValue({ key: 'k', writeId: `w-${version}` });
const shown = (versions: readonly string[]) =>
  versions.map((version) => ({ version, value: value(version) }));

function blind(version: string, more: Partial<RecordedWrite> = {}): RecordedWrite {
  return {
    ...{ id: `w-${version}`, key: 'k', kind: 'value', began: 0, ended: 10 },
    ...{ outcome: 'acknowledged', version, seen: [], holders: 2, consulted: 2, ...more },
  };
}

function read(versions: readonly string[], more: Partial<RecordedRead> = {}): RecordedRead {
  const at = { id: 'r', key: 'k', began: 20, ended: 30, answered: 2, repaired: 2 };
  return { ...at, versions: shown(versions), ...more };
}

function history(
  writes: readonly RecordedWrite[],
  left: readonly string[],
  reads: readonly RecordedRead[] = [],
) {
  const finals = [{ key: 'k', began: 100, versions: shown(left), replicas: ['x', 'x', 'x'] }];
  return { replicaCount: 3, writes, reads, finals };
}

const open = { outcome: 'open', ended: undefined, holders: 0 } as const;

/** Each replica superseded what it held when the copy came: two that race erase each other. */
const NAIVE = [blind('a', { took: ['b'] }), blind('b', { took: ['a'] })];

t.test('each of the naive ones was superseded by somebody, and both are lost', async (t) => {
  const causality = Causality.byKey(NAIVE)('k');
  for (const { version = '' } of NAIVE) {
    t.equal(causality.successorsOf(version).length, 1, 'so asking for a superseder is not enough');
  }
  t.equal(checkLostWrites(history(NAIVE, [])).length, 2);
  t.equal(checkLostWrites(history(NAIVE, ['a'])).length, 0);
});

interface Row {
  readonly name: string;
  readonly check: (history: History) => Finding[];
  readonly history: History;
  /** Findings. */
  readonly expected: number;
}

const ROWS: readonly Row[] = [
  ...[
    {
      name: 'three that erase each other in a ring',
      history: history(
        [blind('a', { took: ['b'] }), blind('b', { took: ['c'] }), blind('c', { seen: ['a'] })],
        [],
      ),
      expected: 3,
    },
    {
      name: 'a ring with a way out to what is left',
      history: history([...NAIVE, blind('c', { seen: ['b'] })], ['c']),
      expected: 0,
    },
    {
      name: 'a ring with a way out to a delete',
      history: history([...NAIVE, blind('c', { kind: 'delete', took: ['b'] })], []),
      expected: 0,
    },
    {
      name: 'a ring with a way out to an open write that is lost',
      history: history([...NAIVE, blind('c', { ...open, took: ['b'] })], []),
      expected: 2,
    },
    { name: 'nobody took it', history: history([blind('a'), blind('b')], ['b']), expected: 1 },
  ].map((row) => ({ ...row, check: checkLostWrites })),
  ...[
    {
      name: 'taken by one that was over before it began',
      history: history([blind('a', { took: ['b'] }), blind('b', { began: 20, ended: 30 })], ['a']),
      expected: 1,
    },
    {
      name: 'replaced by one that was over before it began',
      history: history([blind('a', { seen: ['b'] }), blind('b', { began: 20, ended: 30 })], ['a']),
      expected: 1,
    },
    {
      name: 'taken by one that began earlier and was not over',
      history: history([blind('a', { took: ['b'] }), blind('b', { began: 5, ended: 30 })], ['a']),
      expected: 0,
    },
    {
      name: 'taken by one that was never answered',
      history: history([blind('a', { ...open, took: ['b'] }), blind('b', { began: 20 })], ['a']),
      expected: 0,
    },
  ].map((row) => ({ ...row, check: checkRaces })),
  ...[
    {
      name: 'what was taken is there at the end',
      history: history([blind('a', { took: ['b'] }), blind('b')], ['a', 'b']),
      expected: 1,
    },
    {
      name: 'the claim of a write that was never answered may be lost',
      history: history([blind('a', { ...open, took: ['b'] }), blind('b')], ['a', 'b']),
      expected: 0,
    },
  ].map((row) => ({ ...row, check: checkSuperseded })),
  ...[
    {
      name: 'a quorum shows what was taken after the write was over',
      history: history([blind('a', { took: ['b'] }), blind('b')], ['a'], [read(['a', 'b'])]),
      expected: 1,
    },
    {
      name: 'a weak read shows it',
      history: history(
        [blind('a', { took: ['b'] }), blind('b')],
        ['a'],
        [read(['a', 'b'], { answered: 1, repaired: 0 })],
      ),
      expected: 0,
    },
  ].map((row) => ({ ...row, check: checkStaleReads })),
  {
    name: 'before the claim a replica holds both',
    check: checkFalseSiblings,
    history: history(
      [blind('a', { took: ['b'] }), blind('b')],
      ['a'],
      [read(['a', 'b'], { answered: 1, repaired: 0 })],
    ),
    expected: 0,
  },
  ...[
    {
      name: 'what was there before is left, unsaid',
      history: history([blind('a'), blind('b', { began: 20, ended: 30 })], ['a', 'b']),
      expected: 1,
    },
    {
      name: 'it is left, and named',
      history: history(
        [blind('a'), blind('b', { began: 20, ended: 30, beside: ['a'] })],
        ['a', 'b'],
      ),
      expected: 0,
    },
    {
      name: 'it is taken',
      history: history([blind('a'), blind('b', { began: 20, ended: 30, took: ['a'] })], ['b']),
      expected: 0,
    },
  ].map((row) => ({ ...row, check: checkBlindWrites })),
];

for (const { name, check, history, expected } of ROWS) {
  t.test(`${check.name}: ${name}`, async (t) => {
    const findings = check(history);
    t.equal(findings.length, expected, findings.map(({ message }) => message).join('; '));
  });
}
