/** Each way for a namespace to be wrong is found, and what is right is not. */
import t from 'tap';
import {
  checkNamespaces,
  type NamespaceDelete,
  type NamespacedRead,
  type NamespacedWrite,
  type NamespaceHistory,
} from '../../../lib/checkers/check-namespaces.js';

const write = (fields: Partial<NamespacedWrite> = {}): NamespacedWrite => ({
  ...{ id: 'w1', namespace: 'shop', key: 'k', value: 'v1', isAtQuorum: true },
  ...{ began: 10, ended: 20, decided: 20, outcome: 'acknowledged' },
  ...fields,
});
const gone = (fields: Partial<NamespaceDelete> = {}): NamespaceDelete => ({
  ...{ id: 'd1', namespace: 'shop', withKeys: true, nodes: ['n1', 'n2'] },
  ...{ began: 30, ended: 40, outcome: 'acknowledged' },
  ...fields,
});
const read = (fields: Partial<NamespacedRead> = {}): NamespacedRead => ({
  ...{ id: 'r1', namespace: 'shop', key: 'k', node: 'n1', values: ['v1'] },
  ...{ began: 50, ended: 60, isLast: false, damagedAt: Number.NEGATIVE_INFINITY },
  ...fields,
});

function problems(history: Partial<NamespaceHistory>): string[] {
  const none = { deletes: [], writes: [write()], reads: [], mayLose: false };
  return checkNamespaces({ ...none, ...history }).map(({ message }) => message);
}

t.test('what is right', async (t) => {
  t.same(problems({ reads: [read()] }), []);
  t.same(problems({ reads: [read({ began: 35 })], deletes: [gone()] }), [], 'while it is deleted');
  t.same(problems({ reads: [read({ node: 'n3' })], deletes: [gone()] }), [], 'not known yet');
  const late = write({ ended: undefined, decided: 110, outcome: 'open' });
  t.same(problems({ writes: [late], reads: [read()], deletes: [gone()] }), [], 'no answer');
  const ever = write({ ended: undefined, decided: Number.POSITIVE_INFINITY, outcome: 'open' });
  const last = read({ isLast: true });
  t.same(problems({ writes: [ever], reads: [last], deletes: [gone()] }), [], 'its node died');
  const over = { ...ever, decided: 25 };
  t.match(problems({ writes: [over], reads: [last], deletes: [gone()] }), [/has ended it/]);
  const lost = read({ damagedAt: 45 });
  t.same(problems({ reads: [lost], deletes: [gone()] }), [], 'a disk that forgot');
  t.same(problems({ reads: [read()], deletes: [gone({ outcome: 'open' })] }), []);
});

t.test('what comes back', async (t) => {
  t.match(problems({ reads: [read()], deletes: [gone()] }), [/d1 has ended it/]);
  const last = read({ node: 'n3', isLast: true });
  t.match(problems({ reads: [last], deletes: [gone()] }), [/d1 has ended it/]);
});

t.test('what was refused, is of another namespace, or of nobody', async (t) => {
  const refused = write({ outcome: 'refused' });
  t.match(problems({ writes: [refused], reads: [read()] }), [/w1 was refused/]);
  t.match(problems({ reads: [read({ namespace: 'other' })] }), [/k of shop/]);
  t.match(problems({ reads: [read({ key: 'k2' })] }), [/k of shop/]);
  t.match(problems({ reads: [read({ values: ['v2'] })] }), [/nobody wrote/]);
});

t.test('a delete of what holds a key', async (t) => {
  const empty = gone({ withKeys: false });
  t.match(problems({ deletes: [empty] }), [/w1 had put a key/]);
  t.same(problems({ deletes: [empty], mayLose: true }), []);
  t.same(problems({ deletes: [empty], writes: [write({ isAtQuorum: false })] }), []);
  t.same(problems({ deletes: [empty], writes: [write({ ended: 35 })] }), [], 'beside it');
  const before = gone({ id: 'd0', began: 22, ended: 25 });
  t.same(problems({ deletes: [before, empty] }), [], 'it went with another one');
  t.same(problems({ deletes: [empty, gone({ id: 'd0', outcome: 'open', ended: undefined })] }), []);
});
