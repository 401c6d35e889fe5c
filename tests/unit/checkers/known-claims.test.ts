/** Claims, misses, resolutions and settings made by hand, with the verdict that is due. */
import t from 'tap';
import { checkExpiry } from '../../../lib/checkers/check-expiry.js';
import { checkMisses } from '../../../lib/checkers/check-causality.js';
import { checkReceipts } from '../../../lib/checkers/check-receipts.js';
import { checkResolutions } from '../../../lib/checkers/check-resolutions.js';
import {
  checkSettings,
  type SettingsRead,
  type SettingsWrite,
} from '../../../lib/checkers/check-settings.js';
import { checkValues } from '../../../lib/checkers/check-values.js';
import { readParts, shapedValue, type ValueShape } from '../../../lib/checkers/checked-value.js';
import type {
  ReceiptClaim,
  History,
  RecordedRead,
  RecordedWrite,
} from '../../../lib/checkers/history.js';

const ZONES = { n1: 'a', n2: 'a', n3: 'b' };
const primaries = Object.entries(ZONES).map(([node, zone]) => ({ node, zone }));

function claim(more: Partial<ReceiptClaim>): History {
  const whole: ReceiptClaim = {
    ...{ id: 'w1', key: 'k', levels: ['quorum'], level: 'quorum', answered: 2, standIns: 0 },
    ...{ primaries, zone: 'a', witnesses: ['n1', 'n3'], isHinted: false, ...more },
  };
  return { replicaCount: 3, writes: [], reads: [], finals: [], claims: [whole] };
}

const CLAIMS: readonly (readonly [name: string, claim: Partial<ReceiptClaim>, wrong: boolean])[] = [
  ['what holds', {}, false],
  ['in capitals', { levels: ['QUORUM'] }, false],
  ['a fallback', { levels: ['all', 'one'], level: 'one', answered: 1 }, false],
  ['a level that nobody asked for', { level: 'one', answered: 1 }, true],
  ['the first level after a fallback', { levels: ['all', 'one'], level: 'all' }, true],
  ['too few answers', { answered: 1 }, true],
  ['more answers than primaries', { answered: 4, witnesses: ['n1', 'n2', 'n3'] }, true],
  ['a stand-in as a primary', { witnesses: ['n1'], standIns: 1 }, true],
  ['a number', { levels: ['2'], level: '2' }, false],
  ['a number that is not reached', { levels: ['3'], level: '3' }, true],
  ['one in each zone, and one of two is too few', { ...both('each-quorum') }, true],
  ['a quorum in each zone', { ...both('each-quorum'), ...three() }, false],
  ['the own zone, by another', { ...both('local-one'), answered: 1, witnesses: ['n3'] }, true],
  ['the own zone', { ...both('local-quorum'), witnesses: ['n1', 'n2'] }, false],
  ['a hint alone', { ...both('any'), answered: 0, standIns: 1, isHinted: true }, false],
  ['nobody at all', { ...both('any'), answered: 0, isHinted: true }, true],
  [
    'a hint that nobody has',
    { ...both('any'), ...durable('sync'), answered: 0, standIns: 1 },
    true,
  ],
  ['a hint at quorum', { answered: 0, standIns: 2, isHinted: true }, true],
  ['durability that held', durable('sync'), false],
  ['durability that is another', durable('os'), true],
  ['strong by a majority', both('strong'), false],
  ['strong by one', { ...both('strong'), answered: 1 }, true],
  ['strong is synced, whatever was asked for', asked('os', 'sync', 'strong'), false],
  ['strong that is not synced', asked('os', 'os', 'strong'), true],
  ['quorum is as was asked for', asked('os', 'sync', 'quorum'), true],
];

function both(level: string): Partial<ReceiptClaim> {
  return { levels: [level], level };
}

function asked(durability: string, held: string, level: string): Partial<ReceiptClaim> {
  return { ...both(level), durability: { asked: durability, held } };
}

function three(): Partial<ReceiptClaim> {
  return { answered: 3, witnesses: ['n1', 'n2', 'n3'] };
}

function durable(held: string): Partial<ReceiptClaim> {
  return { durability: { asked: 'sync', held } };
}

t.test('receipts', async (t) => {
  for (const [name, made, wrong] of CLAIMS) {
    t.equal(checkReceipts(claim(made)).length, wrong ? 1 : 0, name);
  }
});

function written(version: string, more: Partial<RecordedWrite> = {}): RecordedWrite {
  return {
    ...{ id: `w${version}`, key: 'k', kind: 'value', began: 0, ended: 10 },
    ...{ outcome: 'acknowledged', version, seen: [], holders: 2, consulted: 0, ...more },
  };
}

function shown(version: string, writeIds: readonly string[], endsAt?: number | null): RecordedRead {
  const texts = writeIds.map((writeId) => shapedValue({ key: 'k', writeId }, 'text'));
  const value = texts.length === 1 ? (texts[0] ?? '') : JSON.stringify(texts);
  const versions = [{ version, value, endsAt }];
  return { id: 'r', key: 'k', began: 20, ended: 30, answered: 2, repaired: 2, versions };
}

function nothing(nodes: readonly string[], unasked: readonly string[] = []): RecordedRead {
  return { ...shown('', []), versions: [], miss: { reported: nodes, unasked } };
}

function history(writes: readonly RecordedWrite[], read: RecordedRead): History {
  return { replicaCount: 3, writes, reads: [read], finals: [] };
}

t.test('misses', async (t) => {
  const rows = [
    ['nobody holds anything', [], nothing([]), 0],
    ['somebody said that it holds a value', [written('1')], nothing(['1']), 1],
    [
      'it was deleted, as another replica knows',
      [written('1'), written('2', { kind: 'delete', seen: ['1'] })],
      nothing(['1']),
      0,
    ],
    ['a delete', [written('1', { kind: 'delete' })], nothing(['1']), 0],
    [
      'its time had ended',
      [written('1', { expiry: { from: 5, until: 9, by: 9 } })],
      nothing(['1']),
      0,
    ],
    ['one was not asked', [], nothing([], ['n2']), 1],
  ] as const;
  for (const [name, writes, read, findings] of rows) {
    t.equal(checkMisses(history(writes, read)).length, findings, name);
  }
});

t.test('resolutions', async (t) => {
  const two = [written('1'), written('2')];
  const made = (resolves: readonly string[], seen = resolves): RecordedWrite =>
    written('9', { id: 'resolution 9', resolves, seen, outcome: 'open' });
  const later = written('3', { seen: ['1'] });
  const rows = [
    ['of both', [...two, made(['1', '2'])], shown('9', ['w1', 'w2']), 0],
    ['of one of them', [...two, made(['1', '2'])], shown('9', ['w2']), 0],
    ['of another', [...two, made(['1'])], shown('9', ['w2']), 1],
    ['it replaced one unseen', [...two, made(['1'], ['1', '2'])], shown('9', ['w1']), 1],
    [
      'it replaced what was replaced already',
      [...two, later, made(['2', '3'], ['1', '2', '3'])],
      shown('9', ['w2']),
      0,
    ],
  ] as const;
  for (const [name, writes, read, findings] of rows) {
    t.equal(checkResolutions(history(writes, read)).length, findings, name);
    t.strictSame(checkValues(history(writes, read)), [], `${name}: its value is whole`);
  }
  t.equal(checkValues(history(two, shown('1', ['w1', 'w2']))).length, 1, 'a put of two writes');
});

t.test('ends that answers show', async (t) => {
  const expiry = { from: 40, until: 60, by: 60 };
  const rows = [
    ['the end that was asked for', { expiry }, 50, 0],
    ['none, as was asked', {}, null, 0],
    ['not shown', { expiry }, undefined, 0],
    ['dropped', { expiry }, null, 1],
    ['another', { expiry }, 70, 1],
    ['one that nobody asked for', {}, 50, 1],
  ] as const;
  for (const [name, more, endsAt, findings] of rows) {
    const made = history([written('1', more)], shown('1', ['w1'], endsAt));
    t.equal(checkExpiry(made).length, findings, name);
  }
});

function set(id: string, value: number, began: number, more: Partial<SettingsWrite> = {}) {
  return {
    ...{ id, began, ended: began + 5, outcome: 'acknowledged', fields: { f: value } },
    ...{ nodes: ['n1', 'n2'], ifMatch: undefined, version: `${began}-x`, ...more },
  } as SettingsWrite;
}

function seen(value: number, more: Partial<SettingsRead> = {}): SettingsRead {
  return {
    ...{ id: 'c', node: 'n1', began: 100, ended: 110, fields: { f: value }, version: 'v' },
    ...{ isLast: false, damagedAt: Number.NEGATIVE_INFINITY, ...more },
  };
}

t.test('settings', async (t) => {
  const open = { outcome: 'open', ended: undefined } as const;
  const rows = [
    ['as they began', [], seen(0), 0],
    ['as they were set', [set('a', 1, 10)], seen(1), 0],
    ['what nobody set', [], seen(2), 1],
    ['a field is not shown', [], seen(0, { fields: {} }), 1],
    ['a change is forgotten', [set('a', 1, 10)], seen(0), 1],
    ['by a node that was away', [set('a', 1, 10)], seen(0, { node: 'n3' }), 0],
    ['by that node in the end', [set('a', 1, 10)], seen(0, { node: 'n3', isLast: true }), 1],
    ['by a disk that was lost', [set('a', 1, 10)], seen(0, { damagedAt: 50 }), 0],
    ['an older change comes back', [set('a', 1, 10), set('b', 2, 20)], seen(1), 1],
    ['an open one may surface', [set('a', 1, 10, open), set('b', 2, 20)], seen(1), 0],
    [
      'an open one that was answered, too',
      [set('a', 1, 10, { outcome: 'open' }), set('b', 2, 20)],
      seen(1),
      0,
    ],
    ['of two at once either', [set('a', 1, 10), set('b', 2, 12)], seen(1), 0],
    ['what was refused', [set('a', 1, 10, { outcome: 'refused' })], seen(1), 1],
    ['made on an old version', [set('a', 1, 10), set('b', 2, 20, { ifMatch: '1-y' })], seen(2), 1],
    [
      'made on the latest version',
      [set('a', 1, 10), set('b', 2, 20, { ifMatch: '10-x' })],
      seen(2),
      0,
    ],
  ] as const;
  for (const [name, writes, read, findings] of rows) {
    const made = { initial: { f: 0 }, always: ['f'], writes, reads: [read] };
    t.equal(checkSettings(made).length, findings, name);
  }
});

t.test('values in any shape are read back, and are torn when they are changed', async (t) => {
  const checked = { key: 'k', writeId: 'w12' };
  const shapes: ValueShape[] = ['text', 'string', 'array', 'object', 'number'];
  for (const shape of shapes) {
    const text = shapedValue(checked, shape, 'xyz');
    t.strictSame(readParts(text, 'k'), [checked], shape);
    const torn = shape === 'number' ? `${text}1` : text.replace('xyz', 'xz');
    t.equal(readParts(torn, 'k'), undefined, `${shape}, torn`);
  }
  const number = shapedValue(checked, 'number');
  t.equal(readParts(number, 'other'), undefined, 'a number of another key');
});
