/** An acceptance that cannot be read: its partition alone is silent, and is rebuilt if damaged. */
import t from 'tap';
import { STORED_FORMAT } from '../../../lib/persistence/checksummed.js';
import {
  placeOf,
  proposalKey,
  type RecordKey,
  recordKey,
} from '../../../lib/persistence/keyspace.js';
import { StoredAcceptor } from '../../../lib/replica/stored-acceptor.js';
import { acceptedDots } from '../../../lib/staleness/accepted-dots.js';
import { type Disk, openDisk, PARTITIONS } from '../persistence/disk.js';
import { asOfFormat } from '../persistence/other-format.js';
import { ballotOf, stateOf } from '../replica/proposal-samples.js';

/** Keys of four partitions, one each. */
const KEYS = Array.from({ length: PARTITIONS }, (_, partition) => {
  const all = Array.from({ length: 100 }, (__, i) => recordKey('default', `k${i}`, PARTITIONS));
  return all.find((at) => at.partition === partition) ?? recordKey('default', 'k', PARTITIONS);
});
const [DAMAGED, SOUND, NEWER] = KEYS as [RecordKey, RecordKey, RecordKey];

/** A life after the one that has accepted something of three keys. */
async function opened() {
  const { store, proposals, storage } = await openDisk();
  const { committed } = store.transact((transaction) => {
    for (const at of [DAMAGED, SOUND, NEWER]) {
      const state = stateOf(at.key, 1, 1);
      const id = { ballot: ballotOf(1), seq: 1 };
      const acceptance = { id, dot: state.versions[0]?.dot, state, isCopied: false };
      const change = { store: 'acceptance', key: placeOf(at), acceptance } as const;
      proposals.change(transaction, at.partition, [change]);
    }
  });
  await committed;
  const before = await storage.afterCrash();
  const [rotten, newer] = [proposalKey('acceptance', DAMAGED), proposalKey('acceptance', NEWER)];
  const bytesOf = (key: string): Uint8Array => before.get(key) ?? new Uint8Array(20);
  const values = new Map([
    [rotten, bytesOf(rotten).with(12, 0xff)],
    [newer, asOfFormat(newer, bytesOf(newer), STORED_FORMAT + 1)],
  ]);
  const batch = [...values].map(([key, value]) => ({ type: 'put', key, value }) as const);
  await before.write(batch, { sync: true });
  const disk: Disk = await openDisk({ storage: before });
  return { ...disk, stored: new StoredAcceptor(disk) };
}

t.test('the others are reported, and what is damaged is under rebuild', async (t) => {
  const { stored, health, observer } = await opened();
  const found = acceptedDots(stored);
  t.equal(found.get(DAMAGED.partition), 'unknown');
  t.equal(found.get(NEWER.partition), 'unknown');
  const dot = stateOf(SOUND.key, 1, 1).versions[0]?.dot;
  t.strictSame(found.get(SOUND.partition), [dot, dot], 'the state, and what was proposed');
  t.strictSame(health.rebuilding, [DAMAGED.partition], 'of another build is not damaged');
  t.equal(acceptedDots(stored).get(DAMAGED.partition), 'unknown');
  const damages = observer.counts.get('quorate_damaged_partitions_total checksum');
  t.equal(damages, 1, 'it is not read again, and the rebuild does not begin anew');
});
