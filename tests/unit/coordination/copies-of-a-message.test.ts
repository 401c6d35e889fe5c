/** The copies of one message: each is answered by its place among them, once. */
import t from 'tap';
import { encodeAudit, entryToWire } from '../../../lib/coordination/wire/audit-wire.js';
import {
  type ReplicaServiceOptions,
  serveReplicas,
} from '../../../lib/coordination/replica-service.js';
import { ForegroundLoad } from '../../../lib/environment/foreground-load.js';
import { OperatingError } from '../../../lib/errors.js';
import { Ownership } from '../../../lib/partitioning/ownership.js';
import type { Ring } from '../../../lib/partitioning/ring.js';
import { historyOf } from '../../../lib/partitioning/ring-history.js';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { encodeRecord } from '../../../lib/persistence/records.js';
import type { CopyReply, CopyRequest } from '../../../lib/rpc/hot-messages.js';
import type { ReplicaHandlers } from '../../../lib/rpc/replica-answers.js';
import type { Siblings } from '../../../lib/versioning/siblings.js';
import { HeldStorage, turn } from '../fakes.js';
import { openDisk, PARTITIONS } from '../persistence/disk.js';
import { stateOf } from './transcript.js';

/** This node owns the even partitions. */
const RING: Ring = {
  ...{ cluster: 'test', epoch: 1, partitionCount: PARTITIONS, replicaCount: 1, hash: '' },
  members: ['n1', 'n2'].map((id) => ({ id, zone: '', weight: 1 })),
  owners: Array.from({ length: PARTITIONS }, (_, partition) => [partition % 2]),
};

const NO_AUDIT: Uint8Array = new Uint8Array(0);

function keyOf(name: string, isOwn: boolean): RecordKey {
  for (let i = 0; ; i += 1) {
    const at = recordKey('default', `${name}${i}`, PARTITIONS);
    if ((at.partition % 2 === 0) === isOwn) return at;
  }
}

function copyOf(at: RecordKey, text: string, audit = NO_AUDIT): CopyRequest {
  const { namespace, key } = at;
  const record = encodeRecord(at, stateOf(text) as Siblings);
  return { namespace, key, durability: 'sync', record, audit, blind: '' };
}

async function serving(storage = new HeldStorage()) {
  const disk = await openDisk({ storage });
  const foreground = new ForegroundLoad();
  let handlers: ReplicaHandlers | undefined;
  const serve = (given: ReplicaHandlers): void => {
    handlers = given;
  };
  const messenger = { replicas: { serve }, handle: () => undefined };
  const ownership = new Ownership('n1', () => historyOf(RING));
  const options = { ...disk, self: 'n1', messenger, foreground, ownership };
  serveReplicas(options as unknown as ReplicaServiceOptions);
  const take = (copies: readonly CopyRequest[]): [number, string][] => {
    const reported: [number, string][] = [];
    handlers?.copies(copies, (place, outcome) => reported.push([place, textOf(outcome)]));
    return reported;
  };
  return { disk, foreground, take };
}

function textOf(outcome: CopyReply | Error): string {
  if (outcome instanceof OperatingError) return outcome.code;
  return outcome instanceof Error ? outcome.message : (outcome.fate ?? 'stored');
}

t.test('each is answered at its own place, whatever became of those before it', async (t) => {
  const { disk, take } = await serving();
  const [k, l, foreign] = [keyOf('k', true), keyOf('l', true), keyOf('f', false)];
  take([copyOf(l, 'y1'), copyOf(l, 'y2')]);
  await turn();
  const damaged = { ...copyOf(k, 'x1'), record: copyOf(k, 'x1').record.with(20, 0xff) };
  const audit = encodeAudit(
    entryToWire({ at: 1, strategy: 'newest', by: 'test', kept: 'z.1', dropped: [] }),
  );
  const reported = take([
    copyOf(foreign, 'x1'),
    copyOf(l, 'y1'),
    damaged,
    copyOf(k, 'x1', Buffer.from('no audit')),
    copyOf(k, 'z1', audit),
  ]);
  await turn();
  t.strictSame(
    reported.sort(([a], [b]) => a - b),
    [
      [0, 'wrong_epoch'],
      [1, 'ended'],
      [2, 'corrupt_bytes'],
      [3, 'corrupt_bytes'],
      [4, 'stored'],
    ],
  );
  t.equal(disk.replica.read(k)?.fingerprint, 'z.1;');
  t.strictSame(
    disk.audits.list(k).map(({ kept }) => kept),
    ['z.1'],
    'of its own key',
  );
  t.strictSame(disk.audits.list(l), []);
});

t.test('requests count as waiting until they are answered', async (t) => {
  const storage = new HeldStorage();
  const { foreground, take } = await serving(storage);
  storage.held = true;
  take([copyOf(keyOf('f', false), 'x1'), copyOf(keyOf('k', true), 'x1')]);
  await turn();
  t.equal(foreground.requests, 1, 'the other is refused already');
  await storage.release();
  t.equal(foreground.requests, 0);
});
