/** Kept versions made by hand, with the verdict that is due. */
import t from 'tap';
import { checkKept, keptTrouble } from '../../../lib/checkers/check-kept.js';
import type { RecordedWrite } from '../../../lib/checkers/history.js';

function written(version: string, more: Partial<RecordedWrite> = {}): RecordedWrite {
  return {
    ...{ id: `w${version}`, key: 'k', kind: 'value', began: 10, ended: 20 },
    ...{ outcome: 'acknowledged', version, seen: [], holders: 2, consulted: 0, ...more },
  };
}

const WRITES = [
  written('v1'),
  written('v2', { seen: ['v1'] }),
  written('v3', { kind: 'delete', seen: ['v2'], began: 30 }),
  written('v4', { began: 40 }),
  written('v5', { began: 40, took: ['v4'] }),
  written('v6', { expiry: { from: 30, until: 40, by: 40 } }),
];

t.test('kept versions that are listed', async (t) => {
  const rows = [
    ['none', [], 50, 0],
    ['what was replaced', ['v1'], 50, 0],
    ['what was deleted', ['v1', 'v2'], 50, 0],
    ['what a write without a context took', ['v4'], 50, 0],
    ['what is replaced only later', ['v2'], 25, 1],
    ['what nothing has replaced', ['v5'], 50, 1],
    ['what has ended', ['v6'], 50, 0],
    ['what has not ended yet', ['v6'], 25, 1],
    ['what nobody wrote', ['v9'], 50, 1],
    ['a tombstone', ['v3'], 50, 1],
  ] as const;
  for (const [name, listed, ended, count] of rows) {
    const keptLists = [{ id: 'x', key: 'k', ended, listed }];
    const history = { replicaCount: 3, writes: WRITES, reads: [], finals: [], keptLists };
    t.equal(checkKept(history).length, count, name);
  }
});

t.test('what a replica keeps at rest', async (t) => {
  const right = { count: 2, current: [], most: 2, hasRecord: true };
  t.equal(keptTrouble(right), undefined);
  t.equal(keptTrouble({ ...right, count: 0, hasRecord: false }), undefined);
  t.match(keptTrouble({ ...right, count: 3 }), /keeps 3 .* says 2/);
  t.match(keptTrouble({ ...right, current: ['v1'] }), /keeps v1, which nothing/);
  t.match(keptTrouble({ ...right, count: 1, hasRecord: false }), /a key that is gone/);
});
