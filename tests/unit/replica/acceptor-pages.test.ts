/** What an acceptor sends in pages, and what shares a batch with what (docs/consensus.md). */
import t from 'tap';
import type {
  AcceptorReply,
  AcceptorRequest,
  PromiseEntry,
} from '../../../lib/consensus/messages.js';
import { OperatingError } from '../../../lib/errors.js';
import { proposalKey, recordKeyAt } from '../../../lib/persistence/keyspace.js';
import { ACCEPTED_KEYS_MAX } from '../../../lib/persistence/proposal-table.js';
import { encodeRecord } from '../../../lib/persistence/records.js';
import { turn } from '../fakes.js';
import { intentOf, nothingElse, openDisk } from '../persistence/disk.js';
import {
  accept,
  at,
  ballotOf,
  keyOf,
  learn,
  open,
  PARTITION,
  stateOf,
} from './proposal-samples.js';

t.test('a rebuild takes what another owner sends, page by page', async (t) => {
  const other = await openDisk({ partitionCount: 1, node: 'n2', pageBytesMax: 100 });
  for (const request of [accept('a', 2, 1), accept('b', 2, 2), learn('b', 2, 2)]) {
    await other.acceptor.handle(PARTITION, request);
  }
  const disk = await open();
  disk.health.damage(PARTITION, 'a test');
  await disk.health.recordDamage();
  let from: string | undefined = '';
  let pages = 0;
  while (from !== undefined) {
    const { ballots, proposals, next } = await other.acceptor.pageOf(PARTITION, from);
    await disk.acceptor.rebuildFrom(PARTITION, ballots, proposals);
    from = next;
    pages += 1;
  }
  t.equal(pages, 2);
  await disk.health.rebuilt(PARTITION);
  const held = disk.acceptor.heldOf(at('a'));
  t.equal(held.acceptance?.isCopied, true);
  t.strictSame(disk.acceptor.heldOf(at('b')).mark, { ballot: ballotOf(2), seq: 2 });
  t.strictSame(disk.acceptor.promised(PARTITION), ballotOf(2));
});

t.test('what comes with a promise fills pages, each on the disk before it is sent', async (t) => {
  const disk = await openDisk({ partitionCount: 1, pageBytesMax: 1000 });
  const { acceptor, storage } = disk;
  const names = Array.from({ length: 250 }, (_, i) => `k${i}`);
  for (const [i, name] of names.entries()) {
    await acceptor.handle(PARTITION, accept(name, 1, i + 1));
    if (i % 2 === 0) await acceptor.handle(PARTITION, learn(name, 1, i + 1));
  }
  const entries = new Map<string, PromiseEntry>();
  let from: string | undefined = '';
  while (from !== undefined) {
    const prepare: AcceptorRequest = { is: 'prepare', ballot: ballotOf(4), from };
    const reply: AcceptorReply | undefined = await acceptor.handle(PARTITION, prepare);
    if (reply?.is !== 'promised') throw new Error('it is promised');
    const sizes = reply.entries.map(({ key, record }) =>
      record === undefined ? 0 : encodeRecord(recordKeyAt(key, 1), record).length,
    );
    const size = sizes.reduce((sum, one) => sum + one, 0);
    t.ok(sizes.length > 0 && size <= 1000, `${sizes.length} of a page, ${size} bytes of records`);
    for (const entry of reply.entries) entries.set(entry.key, entry);
    from = reply.next;
  }
  t.equal(entries.size, names.length);
  t.equal([...entries.values()].filter(({ mark }) => mark !== undefined).length, 125);
  t.equal([...entries.values()].filter(({ record }) => record !== undefined).length, 125);
  const later = await open(await storage.afterCrash());
  t.strictSame(later.acceptor.promised(PARTITION), ballotOf(4));
  const strange: AcceptorRequest = { is: 'prepare', ballot: ballotOf(4), from: 'm/node' };
  await t.rejects(acceptor.handle(PARTITION, strange), { code: 'corrupt_bytes' });
});

t.test(
  'what was learned goes into the record, and out of what is kept, in one batch',
  async (t) => {
    const disk = await open();
    const { acceptor, storage } = disk;
    await acceptor.handle(PARTITION, accept('a', 1, 1));
    storage.held = true;
    const learning = acceptor.handle(PARTITION, learn('a', 1, 1));
    const putting = disk.replica.mint(at('b'), intentOf('plain'), 'os', nothingElse).committed;
    await turn();
    t.equal(storage.waiting.length, 1, 'and shares it with what else is decided in the turn');
    const keys = storage.waiting[0]?.batch.map(({ type, key }) => `${type} ${key}`) ?? [];
    for (const part of [
      `put ${at('a').storageKey}`,
      `delete ${proposalKey('acceptance', at('a'))}`,
      `put ${proposalKey('mark', at('a'))}`,
      `put ${at('b').storageKey}`,
    ]) {
      t.ok(keys.includes(part), part);
    }
    t.equal(storage.waiting[0]?.sync, false, 'nobody waits for the disk');
    storage.held = false;
    await storage.release();
    await Promise.all([learning, putting]);
  },
);

t.test('a look at a key waits for what is being merged into it', async (t) => {
  const disk = await open();
  const { acceptor, replica, clocks } = disk;
  const state = stateOf('a', 1, 1);
  const [version] = state.versions;
  if (version === undefined) throw new Error('it has one');
  let answer: (verdict: 'dropped' | Promise<never>) => void = () => undefined;
  replica.onUnaccounted(() => new Promise((resolve) => (answer = resolve)));
  // Seen, and not held any more: the other owners are asked.
  clocks.of(PARTITION).add(version.dot);
  const merging = acceptor.merge(PARTITION, keyOf('a'), state);
  let looked: unknown = 'not yet';
  const looking = acceptor.look(keyOf('a')).then((record) => (looked = record));
  await turn();
  t.equal(looked, 'not yet');
  answer('dropped');
  await Promise.all([merging, looking]);
  t.equal(looked, undefined, 'it was collected');

  const silence = new OperatingError('deadline_passed', 'no owner answers');
  const refused = t.rejects(acceptor.merge(PARTITION, keyOf('a'), state), silence);
  const failing = t.rejects(acceptor.look(keyOf('a')), silence, 'nothing is decided without it');
  answer(Promise.reject(silence));
  await Promise.all([refused, failing]);

  const answers: (typeof answer)[] = [];
  replica.onUnaccounted(() => new Promise((resolve) => answers.push(resolve)));
  const first = t.rejects(acceptor.merge(PARTITION, keyOf('a'), state), silence);
  const second = acceptor.merge(PARTITION, keyOf('a'), state);
  answers[0]?.(Promise.reject(silence));
  await first;
  await turn();
  t.not(acceptor.settled(keyOf('a')), undefined, 'the second is under way');
  answers[1]?.('dropped');
  await second;
  await turn();
  t.equal(acceptor.settled(keyOf('a')), undefined);
});

t.test('what no version has is seen from then on, also after a crash', async (t) => {
  const disk = await open();
  const { acceptor, clocks, storage } = disk;
  const dot = { writer: 'n9.1.00000000000a', n: 1 };
  await acceptor.void(PARTITION, keyOf('a'), dot);
  t.notOk(clocks.of(PARTITION).has(dot), 'nothing here covers it');
  const killing = { ...stateOf('a', 1, 1), versions: [] };
  const id = { ballot: ballotOf(1), seq: 2 };
  const proposal = { key: keyOf('a'), id, state: killing };
  const learning = acceptor.learn(PARTITION, proposal, { isSettled: true, isVote: false });
  const voiding = acceptor.void(PARTITION, keyOf('a'), dot);
  await Promise.all([learning, voiding]);
  t.ok(clocks.of(PARTITION).has(dot));
  await disk.store.sync();
  const later = await open(await storage.afterCrash());
  t.ok(later.clocks.of(PARTITION).has(dot));
});

t.test('too many keys that wait to be learned keep no other from being learned', async (t) => {
  const before = await open();
  await before.acceptor.handle(PARTITION, accept('k', 1, 7));
  await before.store.sync();
  const others = Array.from({ length: ACCEPTED_KEYS_MAX - 1 }, (_, i) => {
    const key = proposalKey('acceptance', at(`other-${i}`));
    return { type: 'put', key, value: Uint8Array.of(1) } as const;
  });
  await before.storage.write(others, { sync: true });
  const { acceptor } = await open(before.storage);
  await t.rejects(acceptor.handle(PARTITION, accept('a', 1, 8, 2)), { code: 'overloaded' });
  await acceptor.handle(PARTITION, learn('k', 1, 7));
  t.match(await acceptor.handle(PARTITION, accept('a', 1, 8, 2)), { is: 'accepted' });
});
