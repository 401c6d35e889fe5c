/** Lists made by hand, with the verdict that their checker must come to. */
import t from 'tap';
import { checkLists } from '../../../lib/checkers/check-lists.js';
import type { RecordedList, RecordedWrite } from '../../../lib/checkers/history.js';

function written(key: string, version: string, more: Partial<RecordedWrite> = {}): RecordedWrite {
  return {
    ...{ id: `w-${version}`, key, kind: 'value', began: 0, ended: 10 },
    ...{ outcome: 'acknowledged', version, seen: [], holders: 2, consulted: 0, ...more },
  };
}

function list(keys: readonly string[], more: Partial<RecordedList> = {}): RecordedList {
  return {
    ...{ id: 'l', began: 20, ended: 30, prefix: '', after: '' },
    keys: keys.map((key) => ({ key, answered: 2 })),
    ...more,
  };
}

const A = written('a', 'a1');
const B = written('b', 'b1');
const deleted = written('b', 'b2', { kind: 'delete', seen: ['b1'] });

const rows: readonly (readonly [
  name: string,
  writes: readonly RecordedWrite[],
  list: RecordedList,
  findings: number,
])[] = [
  ['in order', [A, B], list(['a', 'b']), 0],
  ['out of order', [A, B], list(['b', 'a']), 1],
  ['a key twice', [A], list(['a', 'a']), 1],
  ['before where the page begins', [A, B], list(['a', 'b'], { after: 'a' }), 1],
  [
    'in UTF-8 order',
    [written('\ue000', '1'), written('\u{10000}', '2')],
    list(['\ue000', '\u{10000}']),
    0,
  ],
  ['of another prefix', [A], list(['a'], { prefix: 'k' }), 1],
  ['never written', [A], list(['a', 'b']), 1],
  ['only deleted', [written('b', 'b2', { kind: 'delete' })], list(['b']), 1],
  ['written too late', [written('a', 'a1', { began: 31, ended: 40 })], list(['a']), 1],
  ['refused', [{ ...A, outcome: 'refused', version: undefined }], list(['a']), 1],
  ['open, so maybe there', [{ ...A, outcome: 'open' }], list(['a']), 0],
  ['deleted before', [B, deleted], list(['b']), 1],
  ['deleted meanwhile', [B, { ...deleted, began: 22, ended: 25 }], list(['b']), 0],
  [
    'deleted, and one replica asked',
    [B, deleted],
    list([], { keys: [{ key: 'b', answered: 1 }] }),
    0,
  ],
  ['deleted beside a value', [B, deleted, written('b', 'b3')], list(['b']), 0],
];

for (const [name, writes, page, findings] of rows) {
  t.test(name, async (t) => {
    const history = { replicaCount: 3, writes, reads: [], finals: [], lists: [page] };
    t.equal(checkLists(history).length, findings);
  });
}
