/** Which answers of owners count no more, and that this outlives a restart. */
import t from 'tap';
import { SINGLE_KEYS } from '../../../lib/persistence/keyspace.js';
import { Losses } from '../../../lib/replica/losses.js';
import { CountingObserver } from '../fakes.js';
import { openDisk } from '../persistence/disk.js';

t.test('what was said in a lower start counts no more, in that partition', async (t) => {
  const { losses } = await openDisk();
  t.ok(losses.stands(1, 'n2', 1), 'nothing is known');
  t.equal(losses.of(1), undefined, 'and nothing is named');
  losses.learn([[1, 'n2', 5]]);
  t.notOk(losses.stands(1, 'n2', 4));
  t.ok(losses.stands(1, 'n2', 5));
  t.ok(losses.stands(1, 'n3', 4) && losses.stands(2, 'n2', 4));
  losses.learnIn(1, [
    ['n2', 3],
    ['n3', 2],
  ]);
  t.notOk(losses.stands(1, 'n2', 4), 'what is known already is not taken back');
  t.notOk(losses.stands(1, 'n3', 1));
  losses.learn([[1, 'n2', 9]]);
  t.notOk(losses.stands(1, 'n2', 8));
  t.strictSame(losses.listOf(1).sort(), [
    [1, 'n2', 9],
    [1, 'n3', 2],
  ]);
});

t.test('a later life knows it, too', async (t) => {
  const disk = await openDisk();
  disk.losses.learn([[1, 'n2', 5]]);
  await disk.losses.persist();
  const again = Losses.open(
    (await openDisk({ storage: await disk.storage.afterCrash() })).store,
    new CountingObserver(),
  );
  t.notOk(again.stands(1, 'n2', 4));
  t.ok(again.stands(1, 'n2', 5));
});

t.test('a node whose starts are lost goes on above what it has announced', async (t) => {
  const disk = await openDisk();
  const { node } = disk.identity;
  disk.losses.learn([[1, node, 1003]]);
  await disk.losses.persist();
  const storage = await disk.storage.afterCrash();
  await storage.write([{ type: 'delete', key: SINGLE_KEYS.node }], { sync: true });
  const { identity, losses } = await openDisk({ storage });
  t.equal(identity.start, 1004, 'of a start in which nothing was said yet');
  t.ok(losses.stands(1, node, identity.start), 'else nothing that it says would ever count');
  const later = await openDisk({ storage: await storage.afterCrash() });
  t.equal(later.identity.start, 1005, 'durably');
});
