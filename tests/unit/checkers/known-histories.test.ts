/** Histories made by hand, with the verdict that each checker must come to. */
import t from 'tap';
import { checkAgreement } from '../../../lib/checkers/check-agreement.js';
import { checkBlindWrites } from '../../../lib/checkers/check-blind-writes.js';
import { checkExpiry } from '../../../lib/checkers/check-expiry.js';
import { checkFalseSiblings, checkLostWrites } from '../../../lib/checkers/check-causality.js';
import {
  checkStaleReads,
  countAllowedStaleReads,
} from '../../../lib/checkers/check-stale-reads.js';
import { checkSuperseded } from '../../../lib/checkers/check-superseded.js';
import { checkValues } from '../../../lib/checkers/check-values.js';
import { readValue, writeValue } from '../../../lib/checkers/checked-value.js';
import type {
  Finding,
  History,
  RecordedRead,
  RecordedWrite,
} from '../../../lib/checkers/history.js';

const value = (version: string): string => writeValue({ key: 'k', writeId: `w-${version}` });

function written(version: string, more: Partial<RecordedWrite> = {}): RecordedWrite {
  return {
    ...{ id: `w-${version}`, key: 'k', kind: 'value', began: 0, ended: 10 },
    ...{ outcome: 'acknowledged', version, seen: [], holders: 2, consulted: 0, ...more },
  };
}

function read(versions: readonly string[], more: Partial<RecordedRead> = {}): RecordedRead {
  return {
    ...{ id: 'r', key: 'k', began: 20, ended: 30, answered: 2, repaired: 2 },
    versions: versions.map((version) => ({ version, value: value(version) })),
    ...more,
  };
}

/** @param left what the key comes to */
function history(
  writes: readonly RecordedWrite[],
  left: readonly string[],
  reads: readonly RecordedRead[] = [],
  replicas = ['x', 'x', 'y'],
): History {
  const versions = left.map((version) => ({ version, value: value(version) }));
  return {
    ...{ replicaCount: 3, writes, reads },
    finals: [{ key: 'k', began: 100, versions, replicas }],
  };
}

interface Row {
  readonly name: string;
  readonly check: (history: History) => Finding[];
  readonly history: History;
  /** Findings. */
  readonly expected: number;
}

const open = { outcome: 'open', ended: undefined, holders: 0 } as const;
const gone = { kind: 'delete' } as const;
const brief = { expiry: { from: 40, until: 60, by: 60 } } as const;

const ROWS: readonly Row[] = [
  ...[
    { name: 'kept', history: history([written('a')], ['a']), expected: 0 },
    { name: 'lost', history: history([written('a')], []), expected: 1 },
    {
      name: 'replaced by who had seen it',
      history: history([written('a'), written('b', { seen: ['a'] })], ['b']),
      expected: 0,
    },
    {
      name: 'replaced by who had not seen it',
      history: history([written('a'), written('b')], ['b']),
      expected: 1,
    },
    {
      name: 'replaced by an open write that is there',
      history: history([written('a'), written('b', { ...open, seen: ['a'] })], ['b']),
      expected: 0,
    },
    {
      name: 'replaced by an open write that is lost too',
      history: history([written('a'), written('b', { ...open, seen: ['a'] })], []),
      expected: 1,
    },
    {
      name: 'replaced in two steps, the first of them open',
      history: history(
        [written('a'), written('b', { ...open, seen: ['a'] }), written('c', { seen: ['b'] })],
        ['c'],
      ),
      expected: 0,
    },
    {
      name: 'deleted',
      history: history([written('a'), written('d', { ...gone, seen: ['a'] })], []),
      expected: 0,
    },
    {
      name: 'open, and nowhere',
      history: history([written('a', open)], []),
      expected: 0,
    },
    {
      name: 'acknowledged after the end was looked at',
      history: history([written('a', { began: 110, ended: 120 })], []),
      expected: 0,
    },
    {
      name: 'expired',
      history: history([written('a', brief)], []),
      expected: 0,
    },
    {
      name: 'replaced by what has expired',
      history: history([written('a'), written('b', { ...brief, seen: ['a'] })], []),
      expected: 0,
    },
    {
      name: 'gone before its time',
      history: history([written('a', { expiry: { from: 140, until: 160, by: 160 } })], []),
      expected: 1,
    },
    {
      name: 'another key may have the same names',
      history: history([written('a'), written('b', { key: 'other', seen: ['a'] })], ['b']),
      expected: 1,
    },
  ].map((row) => ({ ...row, name: `lost writes: ${row.name}`, check: checkLostWrites })),
  ...[
    {
      name: 'true siblings',
      history: history([written('a'), written('b')], ['a', 'b']),
      expected: 0,
    },
    {
      name: 'dominated by an acknowledged write',
      history: history([written('a'), written('b', { seen: ['a'] })], ['a', 'b']),
      expected: 1,
    },
    {
      name: 'dominated through a third',
      history: history(
        [written('a'), written('b', { seen: ['a'] }), written('c', { seen: ['b'] })],
        ['a', 'c'],
      ),
      expected: 1,
    },
    {
      name: 'an open write that did not happen',
      history: history([written('a'), written('b', { ...open, seen: ['a'] })], ['a']),
      expected: 0,
    },
    {
      name: 'an open write that a read has made last',
      history: history(
        [written('a'), written('b', { ...open, seen: ['a'] })],
        ['a'],
        [read(['b'])],
      ),
      expected: 1,
    },
    {
      name: 'back from the dead',
      history: history([written('a'), written('d', { ...gone, seen: ['a'] })], ['a']),
      expected: 1,
    },
  ].map((row) => ({ ...row, name: `superseded: ${row.name}`, check: checkSuperseded })),
  ...[
    {
      name: 'in a read',
      history: history([written('a'), written('b', { seen: ['a'] })], ['b'], [read(['a', 'b'])]),
      expected: 1,
    },
    {
      name: 'concurrent ones are no false ones',
      history: history([written('a'), written('b')], ['a', 'b'], [read(['a', 'b'])]),
      expected: 0,
    },
  ].map((row) => ({ ...row, name: `false siblings: ${row.name}`, check: checkFalseSiblings })),
  ...[
    { name: 'fresh', history: history([written('a')], [], [read(['a'])]), expected: 0 },
    { name: 'missed', history: history([written('a')], [], [read([])]), expected: 1 },
    {
      name: 'too few had it',
      history: history([written('a', { holders: 1 })], [], [read([])]),
      expected: 0,
    },
    {
      name: 'too few were asked',
      history: history([written('a')], [], [read([], { answered: 1, repaired: 0 })]),
      expected: 0,
    },
    {
      name: 'one that all hold, asked of one',
      history: history([written('a', { holders: 3 })], [], [read([], { answered: 1 })]),
      expected: 1,
    },
    {
      name: 'begun before the write had ended',
      history: history([written('a')], [], [read([], { began: 5 })]),
      expected: 0,
    },
    {
      name: 'replaced while the read was under way',
      history: history(
        [written('a'), written('b', { began: 25, ended: 40, seen: ['a'] })],
        [],
        [read(['b'])],
      ),
      expected: 0,
    },
    {
      name: 'excused by a delete that began too late',
      history: history(
        [written('a'), written('d', { ...gone, began: 50, ended: 60, seen: ['a'] })],
        [],
        [read([])],
      ),
      expected: 1,
    },
    {
      name: 'whose time may have ended',
      history: history([written('a', brief)], [], [read([], { began: 39, ended: 41 })]),
      expected: 0,
    },
    {
      name: 'whose time has not ended',
      history: history([written('a', brief)], [], [read([], { began: 20, ended: 39 })]),
      expected: 1,
    },
    {
      name: 'the old beside the new',
      history: history([written('a'), written('b', { seen: ['a'] })], [], [read(['a', 'b'])]),
      expected: 1,
    },
    {
      name: 'new, then old, of an open write',
      history: history(
        [written('b', { ...open })],
        [],
        [read(['b']), read([], { id: 'later', began: 40, ended: 50 })],
      ),
      expected: 1,
    },
    {
      name: 'reads that repair nothing establish nothing',
      history: history(
        [written('b', { ...open })],
        [],
        [read(['b'], { repaired: 0 }), read([], { id: 'later', began: 40, ended: 50 })],
      ),
      expected: 0,
    },
  ].map((row) => ({ ...row, name: `stale reads: ${row.name}`, check: checkStaleReads })),
  ...[
    {
      name: 'replaces what is there',
      history: history(
        [written('a'), written('b', { began: 20, ended: 30, seen: ['a'], consulted: 2 })],
        [],
      ),
      expected: 0,
    },
    {
      name: 'leaves it',
      history: history([written('a'), written('b', { began: 20, ended: 30, consulted: 2 })], []),
      expected: 1,
    },
    {
      name: 'leaves what another has replaced meanwhile',
      history: history(
        [
          written('a'),
          written('b', { began: 15, ended: 25, seen: ['a'] }),
          written('c', { began: 20, ended: 30, consulted: 2 }),
        ],
        [],
      ),
      expected: 0,
    },
    {
      name: 'leaves what may have expired meanwhile',
      history: history(
        [written('a', brief), written('b', { began: 35, ended: 45, consulted: 2 })],
        [],
      ),
      expected: 0,
    },
  ].map((row) => ({ ...row, name: `blind writes: ${row.name}`, check: checkBlindWrites })),
  ...[
    { name: 'kept, in time', history: history([written('a', brief)], []), expected: 0 },
    { name: 'without an end', history: history([written('a')], ['a']), expected: 0 },
    { name: 'past its end', history: history([written('a', brief)], ['a']), expected: 1 },
    {
      name: 'past an end that no clock can be trusted with',
      history: history([written('a', { expiry: { from: 40, until: 60, by: Infinity } })], ['a']),
      expected: 0,
    },
  ].map((row) => ({ ...row, name: `expiry: ${row.name}`, check: checkExpiry })),
  ...[
    { name: 'its own', history: history([written('a')], ['a']), expected: 0 },
    { name: 'never written', history: history([], ['a']), expected: 1 },
    {
      name: 'of another key',
      history: history([written('a')], [], [read(['a'], { key: 'other' })]),
      expected: 1,
    },
    {
      name: 'torn',
      history: history(
        [written('a')],
        [],
        [read([], { versions: [{ version: 'a', value: value('a').slice(1) }] })],
      ),
      expected: 1,
    },
    {
      name: 'refused, and there',
      history: history([written('a', { outcome: 'refused' })], ['a']),
      expected: 1,
    },
    {
      name: 'one write, two versions',
      history: history(
        [written('a')],
        [],
        [read([], { versions: [{ version: 'b', value: value('a') }] })],
      ),
      expected: 1,
    },
  ].map((row) => ({ ...row, name: `values: ${row.name}`, check: checkValues })),
  ...[
    { name: 'two of three', history: history([], [], [], ['x', 'y', 'x']), expected: 0 },
    { name: 'none', history: history([], [], [], ['x', 'y', 'z']), expected: 1 },
    {
      name: 'a majority of all, not of who answers',
      history: history([], [], [], ['x']),
      expected: 1,
    },
  ].map((row) => ({ ...row, name: `agreement: ${row.name}`, check: checkAgreement })),
];

for (const { name, check, history: judged, expected } of ROWS) {
  t.test(name, async (t) => {
    const findings = check(judged);
    t.equal(findings.length, expected, findings.map(({ message }) => message).join('; '));
  });
}

t.test('stale reads that no level forbids are counted', async (t) => {
  const missed = history([written('a', { holders: 1 })], [], [read([])]);
  t.equal(countAllowedStaleReads(missed), 1);
  t.equal(countAllowedStaleReads(history([written('a')], [], [read([])])), 0, 'forbidden');
  t.equal(countAllowedStaleReads(history([written('a', { holders: 1 })], [], [read(['a'])])), 0);
});

t.test('a checked value comes back, and nothing else passes for one', async (t) => {
  const made = { key: 'k\u00e9', writeId: 'w1' };
  const text = writeValue(made, 'filler');
  t.strictSame(readValue(text), made);
  for (let i = 0; i < text.length; i += 1) {
    t.equal(readValue(text.slice(0, i)), undefined);
    t.equal(readValue(`${text.slice(0, i)}~${text.slice(i + 1)}`), undefined);
  }
});
