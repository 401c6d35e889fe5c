/** Comparisons after answers: some at once, the rest in turn, however soon each ends. */
import t from 'tap';
import { Comparisons } from '../../../lib/coordination/read/comparisons.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';

const promised = { at: recordKey('default', 'k', 16), isPromised: true };

t.test('those that wait are begun in a loop, where each ends at once', async (t) => {
  const ends: (() => void)[] = [];
  let isAlone = false;
  let begun = 0;
  const nested = { now: 0, most: 0 };
  const comparisons = new Comparisons(2, (_, done) => {
    begun += 1;
    // With no other owner there is nothing to wait for.
    nested.now += 1;
    nested.most = Math.max(nested.most, nested.now);
    if (isAlone) done();
    else ends.push(done);
    nested.now -= 1;
  });
  for (let i = 0; i < 1002; i += 1) t.ok(comparisons.add(promised));
  t.notOk(comparisons.add(promised), 'no more may wait');
  t.equal(begun, 2);
  isAlone = true;
  for (const end of ends) end();
  t.equal(nested.most, 1, 'never one within the other');
  t.equal(begun, 1002);
  t.ok(comparisons.add(promised));
  t.equal(begun, 1003, 'and the next begins at once');
});
