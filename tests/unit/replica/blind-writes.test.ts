/** Blind writes at their replica: what it reports, and when it claims. */
import t from 'tap';
import type { ArrivedCopy } from '../../../lib/replica/group-apply.js';
import type { CopyOutcome } from '../../../lib/replica/group-answers.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { NOTHING_SEEN } from '../../../lib/versioning/context.js';
import { find } from '../../../lib/versioning/siblings.js';
import { HeldStorage, turn } from '../fakes.js';
import { type Disk, intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';

const at = recordKey('default', 'k', PARTITIONS);
const SIBLING = { seen: NOTHING_SEEN };

/** Minted by another node, on what it held. */
async function minted(node: string, text: string, fields = {}) {
  const disk = await openDisk({ node });
  return disk.replica.mint(at, intentOf(text, fields), 'sync', nothingElse).value;
}

function take({ replica }: Disk, copy: ArrivedCopy): CopyOutcome[] {
  const outcomes: CopyOutcome[] = [];
  replica.take([copy], (more) => outcomes.push(...more));
  return outcomes;
}

async function withBlind(disk: Disk) {
  const { value, committed } = disk.replica.mint(at, intentOf('blind'), 'sync', nothingElse);
  await committed;
  return { ...value, version: { dot: value.dot, stamp: value.seen.stamp } };
}

t.test('a report is of the moment of the merge, not of what came since', async (t) => {
  const storage = new HeldStorage();
  const disk = await openDisk({ storage });
  const beside = disk.replica.mint(at, intentOf('beside'), 'sync', nothingElse).value;
  await disk.store.sync();
  const { dot, bytes } = await minted('n2', 'blind');
  storage.held = true;
  const outcomes = take(disk, { at, bytes, durability: 'sync', blind: dot });
  await turn();
  disk.replica.mint(at, intentOf('later'), 'sync', nothingElse);
  storage.held = false;
  await storage.release();
  for (let i = 0; outcomes.length === 0 && i < 100; i += 1) await turn();
  t.match(outcomes, [{ error: undefined, report: { live: true, beside: [{ dot: beside.dot }] } }]);
});

t.test('an open blind write with a higher stamp is reported', async (t) => {
  const disk = await openDisk();
  const { dot, bytes, seen } = await minted('n2', 'blind');
  const copy = { at, bytes, durability: 'memory', blind: dot } as const;
  t.match(take(disk, copy), [{ report: undefined }], 'nothing is unusual');
  const close = disk.replica.openBlindWrites.add(at, { dot, stamp: seen.stamp + 1 });
  t.match(take(disk, copy), [{ report: { open: true } }]);
  close();
  t.match(take(disk, copy), [{ report: undefined }]);
});

t.test('a claim is a tombstone with a dot of its own beside the blind write', async (t) => {
  const disk = await openDisk();
  const { dot, seen, version } = await withBlind(disk);
  const other = await minted('n2', 'other');
  await disk.replica.merge(at, other.bytes, 'sync');
  const report = disk.replica.lookAtBlind(at, version);
  t.match(report, { live: true, open: false, beside: [{ dot: other.dot }] });
  const claim = { of: dot, taken: report?.beside ?? [], reports: [], epoch: 1 };
  const { value } = disk.replica.claim(at, claim, seen, 'sync', nothingElse);
  t.not(value.dot.n, dot.n);
  t.match(value.replaced, [{ value: Buffer.from('other') }]);
  const state = disk.replica.read(at)?.siblings;
  t.equal(state && find(state, dot)?.state, 'value');
  t.equal(state && find(state, value.dot)?.state, 'tombstone');
  t.equal(state?.versions.length, 2);
  t.ok(disk.clocks.of(at.partition).has(value.dot));
  t.not(disk.minter.next(at.partition, state?.context).n, value.dot.n, 'it is used up');
});

t.test('nothing is claimed on a record that lost what was minted', async (t) => {
  const disk = await openDisk();
  const older = disk.replica.mint(at, intentOf('1', SIBLING), 'sync', nothingElse).value;
  const { version } = await withBlind(disk);
  const put = { type: 'put', key: at.storageKey, value: older.bytes } as const;
  await disk.storage.write([put], { sync: true });
  disk.table.forgetCached(at);
  t.throws(() => disk.replica.lookAtBlind(at, version), { code: 'rebuilding' });
});

t.test('nothing is claimed under rebuild, nor by another writer', async (t) => {
  const disk = await openDisk();
  const { version } = await withBlind(disk);
  disk.minter.takeFreshWriter(at.partition);
  t.throws(() => disk.replica.lookAtBlind(at, version), { code: 'not_ready' });
  const damaged = await openDisk({ node: 'n2' });
  const blind = await withBlind(damaged);
  damaged.health.damage(at.partition, 'a test');
  t.throws(() => damaged.replica.lookAtBlind(at, blind.version), { code: 'rebuilding' });
});

t.test('what was collected meanwhile is not claimed for', async (t) => {
  const disk = await openDisk();
  const { committed, value } = disk.replica.mint(
    ...([at, intentOf('', { change: { state: 'tombstone' } }), 'sync', nothingElse] as const),
  );
  await committed;
  const version = { dot: value.dot, stamp: value.seen.stamp };
  const { fingerprint = '' } = disk.replica.read(at) ?? {};
  t.equal(disk.endings.collect(at, fingerprint).value, true);
  t.equal(disk.replica.lookAtBlind(at, version), undefined);
});
