/** Hints: held whole and durably, merged, bounded, handed on in order, minted by stand-ins. */
import t from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import type { Hint } from '../../../lib/hints/hint-records.js';
import type { HintPage } from '../../../lib/hints/hints.js';
import { PREFIX, rangeOf, recordKey } from '../../../lib/persistence/keyspace.js';
import { NOTHING_SEEN } from '../../../lib/versioning/context.js';
import { sameSiblings } from '../versioning/arbitraries.js';
import { type Disk, intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';
import { turn } from '../fakes.js';

const at = recordKey('default', 'k', PARTITIONS);

async function allOf({ hints }: Disk, target: string, limit = 2): Promise<Hint[]> {
  const all: Hint[] = [];
  for (let from: string | undefined = ''; from !== undefined; ) {
    const page: Awaited<ReturnType<typeof hints.page>> = await hints.page(target, from, limit);
    all.push(...page.hints);
    from = page.next;
  }
  return all;
}

t.test('hints of one key are merged, and counted again after a restart', async (t) => {
  const disk = await openDisk();
  const other = await openDisk({ node: 'n2' });
  const first = other.replica.mint(at, intentOf('1'), 'sync', nothingElse).value;
  const second = other.replica.mint(at, intentOf('2', { seen: NOTHING_SEEN }), 'sync', nothingElse);
  await disk.hints.hold('n3', at, second.value.bytes, 'sync').committed;
  await disk.hints.hold('n3', at, first.bytes, 'sync').committed;
  const held = disk.hints.heldFor(at, ['n3', 'n9']);
  t.ok(held && sameSiblings(held, second.value.siblings), 'the late one adds nothing');
  t.equal(disk.hints.held.get('n3')?.count, 1);
  const again = await openDisk({ storage: await disk.storage.afterCrash() });
  t.strictSame([...again.hints.held], [...disk.hints.held]);
  t.equal(disk.hints.heldFor(at, ['n9']), undefined);
});

t.test('pages have every hint of a target once, in order', async (t) => {
  const disk = await openDisk();
  const other = await openDisk({ node: 'n2' });
  const names = ['a', 'b', 'c', 'd/e', '\u{1f600}', 'k k', '\u0001'];
  for (const target of ['n3', 'n30', 'n2']) {
    for (const name of names) {
      const at = recordKey('default', name, PARTITIONS);
      const { bytes } = other.replica.mint(at, intentOf(name), 'sync', nothingElse).value;
      await disk.hints.hold(target, at, bytes, 'sync').committed;
    }
  }
  for (const limit of [1, 2, 7, 100]) {
    const all = await allOf(disk, 'n3', limit);
    t.strictSame(all.map(({ at }) => at.key).sort(), names.toSorted());
    const order = all.map(({ at }) => at.storageKey);
    t.strictSame(
      order,
      order.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    t.ok(all.every(({ target, minted }) => target === 'n3' && !minted));
  }
});

t.test('a delivered hint goes, unless it has grown meanwhile', async (t) => {
  const disk = await openDisk();
  const other = await openDisk({ node: 'n2' });
  const first = other.replica.mint(at, intentOf('1'), 'sync', nothingElse).value;
  await disk.hints.hold('n3', at, first.bytes, 'sync').committed;
  const [hint] = await allOf(disk, 'n3');
  const second = other.replica.mint(at, intentOf('2'), 'sync', nothingElse).value;
  await disk.hints.hold('n3', at, second.bytes, 'sync').committed;
  if (hint === undefined) throw new Error('one hint');
  await disk.hints.remove([hint], 'delivered');
  t.equal((await allOf(disk, 'n3')).length, 1, 'it has grown');
  for (const grown of await allOf(disk, 'n3')) {
    await disk.hints.remove([grown], 'delivered');
    await disk.hints.remove([grown], 'delivered');
  }
  t.strictSame(disk.hints.held.get('n3'), { count: 0, bytes: 0 });
  t.ok(disk.hints.hasRoom('n3'));
});

t.test('removing settles while another batch is in flight', async (t) => {
  const disk = await openDisk();
  const other = await openDisk({ node: 'n2' });
  const { bytes } = other.replica.mint(at, intentOf('1'), 'sync', nothingElse).value;
  await disk.hints.hold('n3', at, bytes, 'sync').committed;
  const [hint] = await allOf(disk, 'n3');
  if (hint === undefined) throw new Error('one hint');
  const grown = other.replica.mint(at, intentOf('2'), 'sync', nothingElse).value;
  disk.storage.held = true;
  const holding = disk.hints.hold('n3', at, grown.bytes, 'sync').committed;
  await turn();
  const removing = disk.hints.remove([hint], 'delivered');
  await disk.storage.release();
  await holding;
  while (disk.storage.waiting.length > 0) await disk.storage.release();
  await removing;
  t.pass('settled');
});

t.test('the quota refuses; within a write the caller has asked first', async (t) => {
  const disk = await openDisk({ hintsBytesMax: 200 });
  const other = await openDisk({ node: 'n2' });
  const { bytes } = other.replica.mint(at, intentOf('x'.repeat(300)), 'sync', nothingElse).value;
  await disk.hints.hold('n3', at, bytes, 'sync').committed;
  t.notOk(disk.hints.hasRoom('n3'));
  const full = { code: 'overloaded', outcome: 'none' };
  t.throws(() => disk.hints.hold('n3', at, bytes, 'sync'), full);
  t.throws(() => disk.hints.mint(at, ['n3'], intentOf('y'), 'sync'), full);
  for (const hint of await allOf(disk, 'n3')) await disk.hints.remove([hint], 'delivered');
  await disk.hints.hold('n3', at, bytes, 'sync').committed;
});

t.test('one target that is away for long leaves room for the others', async (t) => {
  const disk = await openDisk({ hintsTargetBytesMax: 200 });
  const other = await openDisk({ node: 'n2' });
  const { bytes } = other.replica.mint(at, intentOf('x'.repeat(300)), 'sync', nothingElse).value;
  const full = { code: 'overloaded', outcome: 'none' };
  await disk.hints.hold('n3', at, bytes, 'sync').committed;
  t.throws(() => disk.hints.hold('n3', at, bytes, 'sync'), full);
  await disk.hints.hold('n4', at, bytes, 'sync').committed;
  t.equal(disk.observer.counts.get('quorate_hints_refused_total target'), 1);
  const elsewhere = recordKey('default', 'j', PARTITIONS);
  const minted = disk.hints.mint(elsewhere, ['n3', 'n5'], intentOf('y'), 'sync');
  await minted.committed;
  t.equal(disk.hints.held.get('n3')?.count, 1, 'what is minted is held for whom there is room');
  t.equal(disk.hints.held.get('n5')?.count, 1);
  t.throws(() => disk.hints.mint(at, ['n3', 'n4'], intentOf('z'), 'sync'), full, 'for nobody');
});

t.test('by age: the oldest first, as old as its first state, through a restart', async (t) => {
  const disk = await openDisk();
  const other = await openDisk({ node: 'n2' });
  const started = disk.clock.wallMilliseconds();
  const hold = async (name: string, text: string): Promise<void> => {
    const at = recordKey('default', name, PARTITIONS);
    const { bytes } = other.replica.mint(at, intentOf(text), 'sync', nothingElse).value;
    await disk.hints.hold('n3', at, bytes, 'sync').committed;
    await disk.clock.advance(1_000);
  };
  for (const name of ['c', 'a', 'b']) await hold(name, '1');
  await hold('c', 'more');
  const again = await openDisk({ storage: await disk.storage.afterCrash() });
  const names = async (before: number, from = '', limit = 10): Promise<string[]> =>
    (await again.hints.aged('n3', from, before, limit)).hints.map(({ at }) => at.key);
  t.strictSame(await names(Number.POSITIVE_INFINITY), ['c', 'a', 'b']);
  t.strictSame(await names(started + 1_500), ['c', 'a']);
  t.strictSame(await names(started), []);
  const first = await again.hints.aged('n3', '', Number.POSITIVE_INFINITY, 2);
  t.strictSame(await names(Number.POSITIVE_INFINITY, first.next), ['b']);
  t.equal(await again.hints.oldest('n3'), started);
  await again.hints.remove(first.hints, 'delivered');
  t.equal(await again.hints.oldest('n3'), started + 2_000);
  t.equal(await again.hints.oldest('n4'), undefined);
  for (const prefix of [PREFIX.hint, PREFIX.hintByAge]) {
    const rest = await again.storage.range({ ...rangeOf(prefix), limit: 10 });
    t.equal(rest.length, 1, 'an entry by age leaves with its hint');
  }
});

t.test('an entry by age without its hint is taken away, and no other', async (t) => {
  const disk = await openDisk();
  const other = await openDisk({ node: 'n2' });
  const { bytes } = other.replica.mint(at, intentOf('1'), 'sync', nothingElse).value;
  await disk.hints.hold('n3', at, bytes, 'sync').committed;
  const ages = await disk.storage.range({ ...rangeOf(PREFIX.hintByAge), limit: 10 });
  const hints = await disk.storage.range({ ...rangeOf(PREFIX.hint), limit: 10 });
  t.strictSame([ages.length, hints.length], [1, 1]);
  const [[age], [hint]] = [ages[0] ?? [''], hints[0] ?? ['']];
  await disk.storage.write([{ type: 'delete', key: hint }], { sync: true });
  t.strictSame((await disk.hints.aged('n3', '', Infinity, 10)).hints, []);
  t.equal(disk.storage.get(age), undefined);
});

t.test('a page has as many bytes as were asked for, and at least one hint', async (t) => {
  const disk = await openDisk();
  const other = await openDisk({ node: 'n2' });
  for (const [i, length] of [10, 10, 2_000, 10, 10, 10].entries()) {
    const at = recordKey('default', `key ${i}`, PARTITIONS);
    const intent = intentOf('x'.repeat(length));
    const { bytes } = other.replica.mint(at, intent, 'sync', nothingElse).value;
    await disk.hints.hold('n3', at, bytes, 'sync').committed;
  }
  let seen = 0;
  for (let from: string | undefined = ''; from !== undefined; ) {
    const page: HintPage = await disk.hints.page('n3', from, 100, 500);
    const sizes = page.hints.map(({ bytes }) => bytes.length);
    t.ok(sizes.length === 1 || sizes.reduce((sum, size) => sum + size, 0) <= 500);
    t.ok(sizes.length > 0 || page.next === undefined);
    seen += sizes.length;
    from = page.next;
  }
  t.equal(seen, 6);
});

t.test('a stand-in mints on all that it holds for the key', async (t) => {
  const disk = await openDisk();
  const owners = ['n3', 'n4', 'n5'];
  const first = disk.hints.mint(at, owners, intentOf('1'), 'sync').value;
  const second = disk.hints.mint(at, owners, intentOf('2'), 'sync').value;
  t.match(second.replaced, [{ version: `${first.dot.writer}.1` }]);
  t.equal(second.siblings.versions.length, 1);
  t.equal((await allOf(disk, 'n3')).length, 0, 'pages show what is written');
  await disk.store.sync();
  for (const owner of owners) {
    t.strictSame(
      (await allOf(disk, owner)).map(({ minted }) => minted),
      [true],
    );
  }
  t.equal(disk.replica.read(at), undefined, 'a hint is no record');
});

t.test('after a minted hint is gone, the stand-in has a fresh writer there', async (t) => {
  const disk = await openDisk();
  const elsewhere = recordKey('default', 'j', PARTITIONS);
  t.not(elsewhere.partition, at.partition);
  const before = disk.hints.mint(elsewhere, ['n3'], intentOf('0'), 'sync').value;
  const first = disk.hints.mint(at, ['n3', 'n4'], intentOf('1'), 'sync');
  await first.committed;
  const [hint] = await allOf(disk, 'n3');
  if (hint === undefined) throw new Error('one hint');
  await disk.hints.remove([hint], 'delivered');
  const second = disk.hints.mint(at, ['n3', 'n4'], intentOf('2'), 'sync').value;
  t.not(second.dot.writer, first.value.dot.writer);
  t.equal(second.dot.n, 1);
  t.equal(second.siblings.versions.length, 1, 'on what is held for the others');
  const other = disk.hints.mint(elsewhere, ['n3'], intentOf('3'), 'sync').value;
  t.equal(other.dot.writer, before.dot.writer, 'other partitions go on');
});

t.test('nor does a minted hint that leaves early keep its writer', async (t) => {
  const disk = await openDisk();
  const dropped: string[] = [];
  disk.hints.onDropped((target) => dropped.push(target));
  const first = disk.hints.mint(at, ['n3'], intentOf('1'), 'sync');
  await first.committed;
  const hints = await allOf(disk, 'n3');
  t.equal(await disk.hints.remove(hints, 'expired'), 1);
  t.equal(await disk.hints.remove(hints, 'expired'), 0, 'it is gone');
  t.strictSame(dropped, ['n3']);
  t.equal(disk.observer.counts.get('quorate_hints_expired_total'), 1);
  t.not(disk.minter.next(at.partition).writer, first.value.dot.writer);
});

t.test('a stand-in refuses what a primary would refuse for its size', async (t) => {
  const disk = await openDisk({ recordBytesMax: 300, contextBytesMax: 60 });
  const large = intentOf('x'.repeat(400));
  t.throws(() => disk.hints.mint(at, ['n3'], large, 'sync'), { code: 'record_too_large' });
  const vector = new Map(['a', 'b', 'c', 'd'].map((id) => [`${id}.1.0123456789ab`, 1]));
  const wide = intentOf('x', { seen: { vector, beyond: [], stamp: 0 } });
  t.throws(() => disk.hints.mint(at, ['n3'], wide, 'sync'), { code: 'context_too_large' });
  t.equal(disk.minter.next(at.partition).n, 1);
});

/** Three hints, of which the first on the disk does not decode. */
async function withDamagedHint() {
  const disk = await openDisk();
  const other = await openDisk({ node: 'n2' });
  for (const name of ['j', 'k', 'l']) {
    const at = recordKey('default', name, PARTITIONS);
    const { bytes } = other.replica.mint(at, intentOf(name), 'sync', nothingElse).value;
    await disk.hints.hold('n3', at, bytes, 'sync').committed;
  }
  const [[damaged = ''] = []] = await disk.storage.range({ ...rangeOf(PREFIX.hint), limit: 1 });
  const value = Buffer.from([0xc1]);
  await disk.storage.write([{ type: 'put', key: damaged, value }], { sync: true });
  return { disk, other, damaged };
}

t.test('a damaged hint holds up neither the others nor a write', async (t) => {
  const { disk, other, damaged } = await withDamagedHint();
  const name = damaged.slice(damaged.lastIndexOf('\u0000') + 1);
  const at = recordKey('default', name, PARTITIONS);
  const { writer } = disk.minter.next(at.partition);
  t.equal((await allOf(disk, 'n3', 1)).length, 2);
  const fresh = disk.minter.next(at.partition).writer;
  t.not(fresh, writer, 'what it held may have been minted here');
  t.equal((await allOf(disk, 'n3', 1)).length, 2);
  t.equal(disk.hints.held.get('n3')?.count, 2, 'nothing can be done with it any more');
  disk.hints.heldFor(at, ['n3']);
  t.equal(disk.minter.next(at.partition).writer, fresh, 'once: contexts grow with each writer');
  const { bytes } = other.replica.mint(at, intentOf('next'), 'sync', nothingElse).value;
  await disk.hints.hold('n3', at, bytes, 'sync').committed;
  t.equal((await allOf(disk, 'n3', 1)).length, 3, 'the next state takes its place');
});

t.test('a target is known to lack what was in a damaged hint that was replaced', async (t) => {
  const { disk, other, damaged } = await withDamagedHint();
  const dropped: string[] = [];
  disk.hints.onDropped((target) => dropped.push(target));
  const name = damaged.slice(damaged.lastIndexOf('\u0000') + 1);
  const at = recordKey('default', name, PARTITIONS);
  const { bytes } = other.replica.mint(at, intentOf('next'), 'sync', nothingElse).value;
  await disk.hints.hold('n3', at, bytes, 'sync').committed;
  t.strictSame(dropped, ['n3']);
  await disk.hints.hold('n3', at, bytes, 'sync').committed;
  t.equal((await allOf(disk, 'n3', 10)).length, 3);
  t.strictSame(dropped, ['n3'], 'once');
});

t.test('a state that does not decode is not held', async (t) => {
  const disk = await openDisk();
  t.throws(() => disk.hints.hold('n3', at, Buffer.from('x'), 'sync'), { code: 'corrupt_bytes' });
  t.strictSame([...disk.hints.held], []);
});

t.test(
  'a nearly full disk keeps no hint that is damaged, nor an entry without its hint',
  async (t) => {
    const { disk } = await withDamagedHint();
    disk.store.setReadOnly(new OperatingError('read_only', 'the disk is nearly full'), false);
    t.equal((await allOf(disk, 'n3', 10)).length, 2, 'those behind it can be delivered');
    t.equal(disk.hints.held.get('n3')?.count, 2);
    t.equal((await disk.hints.aged('n3', '', Infinity, 10)).hints.length, 2);
    const ages = await disk.storage.range({ ...rangeOf(PREFIX.hintByAge), limit: 10 });
    t.equal(ages.length, 2);
  },
);

t.test('a transaction that is dropped counts nothing as held or as gone', async (t) => {
  const disk = await openDisk();
  const other = await openDisk({ node: 'n2' });
  const { bytes } = other.replica.mint(at, intentOf('1'), 'sync', nothingElse).value;
  await disk.hints.hold('n3', at, bytes, 'sync').committed;
  const before = [...disk.hints.held];
  const drop = (): void => {
    throw new OperatingError('overloaded', 'test');
  };
  const holdAndDrop = (): unknown =>
    disk.store.transact((transaction) => {
      disk.hints.holdIn(transaction, 'n4', at, bytes);
      drop();
    });
  t.throws(holdAndDrop, { code: 'overloaded' });
  t.strictSame([...disk.hints.held], before);
  t.equal(disk.observer.counts.get('quorate_hints_stored_total'), 1);
});
