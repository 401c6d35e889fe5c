/** What an acceptor still takes where its disk is nearly full: what makes a record smaller. */
import t from 'tap';
import type { AcceptorReply } from '../../../lib/consensus/messages.js';
import { OperatingError } from '../../../lib/errors.js';
import { EMPTY_CONTEXT, withMinted } from '../../../lib/versioning/context.js';
import type { Siblings, VersionState } from '../../../lib/versioning/siblings.js';
import { type Disk, intentOf, nothingElse } from '../persistence/disk.js';
import { at, ballotOf, keyOf, open, PARTITION } from './proposal-samples.js';

const FULL = new OperatingError('read_only', 'the disk of this node is nearly full');
const READ_ONLY = { code: 'read_only', outcome: 'none' };
const LARGE = 'x'.repeat(500);

/** What a write leaves that has seen all that is there. */
function leaves(disk: Disk, key: string, state: VersionState, text = ''): Siblings {
  const own = disk.replica.read(at(key))?.siblings;
  const dot = { writer: 'n9.1.00000000000b', n: 1 };
  const value = Buffer.from(text);
  const version = { dot, state, contentType: '', value, writtenAt: 0, expiresAt: undefined };
  return { epoch: 1, context: withMinted(own?.context ?? EMPTY_CONTEXT, dot), versions: [version] };
}

let seq = 0;

function accept(disk: Disk, key: string, state: Siblings): Promise<AcceptorReply | undefined> {
  seq += 1;
  const id = { ballot: ballotOf(1), seq };
  const [first] = state.versions;
  const rest = { base: [], above: undefined };
  const proposal = { key: keyOf(key), id, dot: first?.dot, state, ...rest };
  return disk.acceptor.handle(PARTITION, { is: 'accept', proposal, start: disk.identity.start });
}

async function fullDisk(mayShrink: boolean): Promise<Disk> {
  const disk = await open();
  const texts = [...['a', 'b'].map((key) => [key, LARGE] as const), ['tiny', 'x'] as const];
  for (const [key, text] of texts) {
    await disk.replica.mint(at(key), intentOf(text), 'sync', nothingElse).committed;
  }
  await accept(disk, 'other', leaves(disk, 'other', 'value', LARGE));
  disk.store.setReadOnly(FULL, mayShrink);
  return disk;
}

t.test('a delete of what is there is accepted and learned', async (t) => {
  const disk = await fullDisk(true);
  const state = leaves(disk, 'a', 'tombstone');
  const reply = await accept(disk, 'a', state);
  t.match(reply, { is: 'accepted' });
  if (reply?.is !== 'accepted') return;
  const { key, id } = reply;
  const learn = { is: 'learn', key, id, state: 'held', isSettled: true } as const;
  await disk.acceptor.handle(PARTITION, learn);
  t.strictSame(
    disk.replica.read(at('a'))?.siblings.versions.map((version) => version.state),
    ['tombstone'],
  );
});

t.test('nothing is accepted that grows', async (t) => {
  const disk = await fullDisk(true);
  const smaller = leaves(disk, 'b', 'value', 'y');
  await t.rejects(accept(disk, 'b', smaller), READ_ONLY, 'it would lie beside the record first');
  await t.rejects(accept(disk, 'none', leaves(disk, 'none', 'tombstone')), READ_ONLY);
  const longer = leaves(disk, 'tiny', 'tombstone');
  await t.rejects(accept(disk, 'tiny', longer), READ_ONLY, 'longer than what is there');
  const both = leaves(disk, 'b', 'tombstone');
  const left = disk.replica.read(at('b'))?.siblings.versions ?? [];
  const beside = { ...both, versions: [...both.versions, ...left] };
  await t.rejects(accept(disk, 'b', beside), READ_ONLY, 'a value stays');
});

t.test('a disk that is quite full accepts no delete either', async (t) => {
  const disk = await fullDisk(false);
  await t.rejects(accept(disk, 'a', leaves(disk, 'a', 'tombstone')), READ_ONLY);
});
