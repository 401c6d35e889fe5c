/** The durable half of an acceptor: what it answers is on the disk, is counted, and is missed. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { countRecords } from '../../../lib/persistence/count-records.js';
import { OperatingError } from '../../../lib/errors.js';
import { partitionKey, proposalKey } from '../../../lib/persistence/keyspace.js';
import { Scrub } from '../../../lib/anti-entropy/scrub.js';
import type { AcceptorReply, AcceptorRequest } from '../../../lib/consensus/messages.js';
import { WorldNode } from '../consensus/world-node.js';
import { turn } from '../fakes.js';
import type { Disk } from '../persistence/disk.js';
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

/** As text, whatever the class of byte strings. */
function textOf(value: unknown): string {
  return JSON.stringify(plain(value));
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (value instanceof Map) return plain([...value]);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => typeof field !== 'function');
  const sorted = fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, field]) => [name, plain(field)]));
}

function activate(key: string, round: number, mode: number): AcceptorRequest {
  const id = { ballot: ballotOf(round), seq: 1 };
  const state = stateOf(key, round, 1);
  const adopted = { id, dot: state.versions[0]?.dot, state, isCopied: mode === 2 };
  const mark = { ballot: ballotOf(round - 1), seq: 3 };
  const entry =
    mode === 0
      ? { key: keyOf(key), adopted: undefined, mark, record: state }
      : { key: keyOf(key), adopted };
  return { is: 'activate', ballot: ballotOf(round), entries: [entry], isLast: mode !== 1 };
}

const anyKey = fc.constantFrom('a', 'b', 'c');
const anyRound = fc.integer({ min: 1, max: 5 });
const anySeq = fc.integer({ min: 1, max: 4 });
const anyRequest: fc.Arbitrary<AcceptorRequest> = fc.oneof(
  anyRound.map((round) => ({ is: 'prepare' as const, ballot: ballotOf(round), from: '' })),
  fc.tuple(anyKey, anyRound, fc.nat(2)).map(([key, round, mode]) => activate(key, round, mode)),
  fc.tuple(anyKey, anyRound, anySeq).map(([key, round, seq]) => accept(key, round, seq)),
  fc.tuple(anyKey, anyRound, anySeq).map(([key, round, seq]) => learn(key, round, seq)),
  fc.tuple(anyKey, anyRound, anySeq).map(([key, round, seq]) => learn(key, round, seq, 'told')),
  fc.tuple(anyKey, anyRound, anySeq).map(([key, round, seq]) => ({
    ...{ is: 'forget' as const, key: keyOf(key), id: { ballot: ballotOf(round), seq } },
  })),
  anyRound.map((round) => ({ is: 'forget ballot' as const, ballot: ballotOf(round) })),
);

/** The same machine, over plain memory. */
function model(): { readonly node: WorldNode; readonly replies: (AcceptorReply | undefined)[] } {
  const replies: (AcceptorReply | undefined)[] = [];
  const node: WorldNode = new WorldNode('model', {
    ...{ answered: () => undefined, voided: () => undefined, proposed: () => undefined },
    ...{ learned: () => undefined, count: () => undefined, refusal: () => undefined },
    nodeOf: () => node,
    send: (_, __, sent) => {
      if (sent.is === 'reply') replies.push(sent.reply);
    },
  });
  return { node, replies };
}

/** What is sent of a key may come in two entries, in any order. */
function textOfReply(reply: AcceptorReply | undefined): string {
  if (reply?.is !== 'promised') return textOf(reply);
  const entries = reply.entries.flatMap(({ key, acceptance, mark, record }) => [
    ...(acceptance === undefined ? [] : [textOf({ key, acceptance })]),
    ...(mark === undefined ? [] : [textOf({ key, mark, versions: record?.versions })]),
  ]);
  return textOf({ ...reply, entries: entries.sort() });
}

/** Acceptances, marks, ballots, and versions of the records, as text. */
function textOfDisk(disk: Disk): string {
  const keys = ['a', 'b', 'c'].map((name) => {
    const { record, acceptance, mark } = disk.acceptor.heldOf(at(name));
    return [record?.versions, acceptance, mark];
  });
  return textOf([disk.acceptor.promised(PARTITION), keys]);
}

function textOfModel({ promised, records, acceptances, marks }: WorldNode): string {
  const keys = ['a', 'b', 'c'].map((name) => {
    const key = keyOf(name);
    return [records.get(key)?.versions, acceptances.get(key), marks.get(key)];
  });
  return textOf([promised, keys]);
}

t.test('it answers as the pure machine does, and a later life finds the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRequest, { maxLength: 14 }), async (requests) => {
      const { node, replies } = model();
      const disk = await open();
      for (const request of requests) {
        const before = replies.length;
        node.handle('somebody', request);
        node.sync();
        const [expected] = replies.slice(before);
        const reply = await disk.acceptor.handle(PARTITION, request);
        assert.equal(textOfReply(reply), textOfReply(expected));
      }
      const held = textOfDisk(disk);
      await disk.store.sync();
      const { found, expected, corrupt, corruptItems } = await countRecords(disk, PARTITION);
      const later = await open(disk.storage);
      const isCounted = found.equals(expected) && corrupt.length + corruptItems.length === 0;
      assert.equal(held, textOfModel(node));
      assert.equal(held, textOfDisk(later));
      assert.ok(isCounted);
    }),
    { numRuns: 400 },
  );
});

t.test('a promise and an acceptance are answered once they are synced', async (t) => {
  const disk = await open();
  const { acceptor, storage } = disk;
  storage.held = true;
  for (const request of [
    { is: 'prepare', ballot: ballotOf(1), from: '' } as const,
    accept('a', 1, 1),
  ]) {
    let isAnswered = false;
    const reply = acceptor.handle(PARTITION, request).then(() => {
      isAnswered = true;
    });
    await turn();
    t.equal(isAnswered, false);
    t.equal(storage.waiting.at(-1)?.sync, true);
    await storage.release();
    await reply;
  }
});

t.test('what was not synced is gone after a crash, and was not answered', async (t) => {
  const disk = await open();
  await disk.acceptor.handle(PARTITION, { is: 'prepare', ballot: ballotOf(1), from: '' });
  disk.storage.held = true;
  void disk.acceptor.handle(PARTITION, accept('a', 1, 1)).catch(() => undefined);
  await turn();
  const later = await open(await disk.storage.afterCrash());
  t.strictSame(later.acceptor.promised(PARTITION), ballotOf(1));
  t.equal(later.acceptor.heldOf(at('a')).acceptance, undefined);
});

const ITEMS = [
  ['ballots', () => partitionKey('ballots', PARTITION)],
  ['acceptance', () => proposalKey('acceptance', at('a'))],
  ['mark', () => proposalKey('mark', at('b'))],
] as const;

async function filled(): Promise<Disk> {
  const disk = await open();
  await disk.acceptor.handle(PARTITION, accept('b', 1, 1));
  await disk.acceptor.handle(PARTITION, learn('b', 1, 1));
  await disk.acceptor.handle(PARTITION, accept('a', 1, 2));
  return disk;
}

for (const [name, key] of ITEMS) {
  t.test(`where the ${name} is lost, the count finds it`, async (t) => {
    const disk = await filled();
    t.not(disk.store.get(key()), undefined, 'it was there');
    await disk.storage.write([{ type: 'delete', key: key() }], { sync: true });
    await new Scrub(disk).verify(PARTITION);
    t.ok(disk.health.isRebuilding(PARTITION));
    await t.rejects(
      disk.acceptor.handle(PARTITION, { is: 'prepare', ballot: ballotOf(9), from: '' }),
      {
        code: 'rebuilding',
      },
    );
    const { count } = disk.proposals;
    await new Scrub(disk).correct(PARTITION);
    if (name === 'acceptance') t.equal(disk.proposals.count, count - 1);
    const { found, expected } = await countRecords(disk, PARTITION);
    t.ok(found.equals(expected));
  });

  t.test(`where the ${name} is damaged, a count and a look of a later life find it`, async (t) => {
    const lookAnew = async ({ storage }: Disk): Promise<Disk> => {
      const later = await open(storage);
      const request = { is: 'prepare', ballot: ballotOf(9), from: '' } as const;
      await t.rejects(later.acceptor.handle(PARTITION, request), { code: 'rebuilding' });
      return later;
    };
    const count = async (disk: Disk): Promise<Disk> => {
      await new Scrub(disk).verify(PARTITION);
      return disk;
    };
    for (const find of [lookAnew, count]) {
      const whole = await filled();
      const bytes = Uint8Array.from(whole.store.get(key()) ?? []);
      bytes[12] = (bytes[12] ?? 0) ^ 1;
      await whole.storage.write([{ type: 'put', key: key(), value: bytes }], { sync: true });
      const { count: proposals } = whole.proposals;
      const disk = await find(whole);
      t.ok(disk.health.isRebuilding(PARTITION));
      await new Scrub(disk).correct(PARTITION);
      t.equal(disk.store.get(key()), undefined, 'what cannot be read is taken away');
      t.equal(disk.proposals.count, proposals - 1, 'and not counted any more');
      const { found, expected } = await countRecords(disk, PARTITION);
      t.ok(found.equals(expected));
    }
  });
}

t.test('a count is exact while acceptances come and go', async (t) => {
  const disk = await filled();
  const count = countRecords(disk, PARTITION);
  const { acceptor } = disk;
  await Promise.all([
    acceptor.handle(PARTITION, learn('a', 1, 2)),
    acceptor.handle(PARTITION, accept('c', 1, 3)),
    acceptor.handle(PARTITION, { is: 'forget ballot', ballot: ballotOf(3) }),
  ]);
  const { found, expected } = await count;
  t.ok(found.equals(expected));
});

t.test('the vote of a proposer, and what it learns', async (t) => {
  const disk = await open();
  const { acceptor } = disk;
  await acceptor.handle(PARTITION, { is: 'prepare', ballot: ballotOf(1), from: '' });
  const first = accept('a', 1, 1);
  const second = accept('a', 2, 1);
  if (first.is !== 'accept' || second.is !== 'accept') throw new Error('these are ACCEPTs');
  const { proposal } = first;
  t.equal((await acceptor.vote(PARTITION, proposal))?.is, 'accepted');
  t.equal(await acceptor.vote(PARTITION, second.proposal), undefined, 'of a ballot not promised');
  t.equal(disk.replica.read(at('a')), undefined, 'a vote is no part of the record');
  await acceptor.learn(PARTITION, proposal, { isSettled: false, isVote: false });
  t.strictSame(disk.replica.read(at('a'))?.siblings, proposal.state);
  const { acceptance, mark } = acceptor.heldOf(at('a'));
  t.strictSame([acceptance, mark], [undefined, proposal.id]);
});

t.test('a read that fails while changes are made leaves memory as the disk is', async (t) => {
  const { acceptor, storage } = await open();
  await acceptor.handle(PARTITION, { is: 'prepare', ballot: ballotOf(1), from: '' });
  for (const name of ['a', 'b']) await acceptor.handle(PARTITION, accept(name, 1, 1));
  await acceptor.handle(PARTITION, learn('b', 1, 1));
  const get = storage.get.bind(storage);
  let reads = 0;
  storage.get = (key) => {
    if (key === proposalKey('mark', at('a'))) reads += 1;
    if (reads === 2) throw new OperatingError('storage_failed', 'a bad block');
    return get(key);
  };
  const request = accept('a', 1, 1);
  if (request.is !== 'accept') throw new Error('it is an ACCEPT');
  const how = { isSettled: false, isVote: false };
  t.throws(() => acceptor.learn(PARTITION, request.proposal, how), { code: 'storage_failed' });
  storage.get = get;
  t.not(acceptor.heldOf(at('a')).acceptance, undefined, 'nothing was stored, so it is held');
});
