/** What a node does for coordinators elsewhere: reads, merges, hints, and puts passed on to it. */
import type { NodeId } from '../environment/transport.js';
import { messageOf, OperatingError } from '../errors.js';
import type { RecordKey } from '../persistence/records.js';
import { encodeRecord, recordKey } from '../persistence/records.js';
import { ownersOf } from '../partitioning/ring.js';
import type { Incoming } from '../replication/message.js';
import type { Siblings } from '../versioning/siblings.js';
import type { z } from 'zod';
import { entryFromWire } from './audit-wire.js';
import type { Collaborators } from './collaborators.js';
import { fromWire, toWireResult } from './forward.js';
import type { Acknowledgement, Want, WireAuditEntry } from './messages.js';
import { HELD, HOLD, PUT, READ, WRITE } from './messages.js';
import { serveHistory } from './history-service.js';
import { put } from './put.js';

/** Of the time that is left: the answer to a put that was passed on must still get back. */
const SHARE_OF_THE_PRIMARY = 0.95;

/** Registers the handlers; called once, when the ring is known. */
export function serveReplicas(collaborators: Collaborators): void {
  const { messenger, hints, foreground } = collaborators;
  const whileWaitedFor = <Result>(work: Promise<Result>): Promise<Result> => {
    foreground.enter();
    return work.then(
      (result) => {
        foreground.leave();
        return result;
      },
      (error: unknown) => {
        foreground.leave();
        throw error;
      },
    );
  };

  messenger.handle(WRITE, (request) => whileWaitedFor(take(collaborators, request)));
  messenger.handle(READ, (request) => show(collaborators, request));
  messenger.handle(HOLD, async ({ namespace, key, target, record, durability }) => {
    const at = keyOwnedBy(target, collaborators, namespace, key);
    await hints.hold(target, at, record, durability).committed;
    return acknowledge(collaborators);
  });

  messenger.handle(HELD, ({ namespace, key }) => {
    const ring = collaborators.ring();
    const at = recordKey(namespace, key, ring.partitionCount);
    const held = hints.heldFor(at, ownersOf(ring, at.partition));
    return { record: held === undefined ? null : encodeRecord(at, held) };
  });

  const execute = async (wire: z.infer<typeof PUT.request>, { deadline }: Incoming) => {
    const now = collaborators.clock.monotonicMilliseconds();
    const until = now + (deadline - now) * SHARE_OF_THE_PRIMARY;
    const request = fromWire(wire, until, collaborators.ring().partitionCount);
    return toWireResult(await whileWaitedFor(put(collaborators, request)));
  };
  messenger.handle(PUT, execute, { once: true });
  serveHistory(collaborators);
}

/** A copy, and the audit of the resolution that it is of. */
async function take(
  collaborators: Collaborators,
  { namespace, key, record, durability, audit }: z.infer<typeof WRITE.request>,
): Promise<z.infer<typeof WRITE.reply>> {
  const { replica, identity, losses, view } = collaborators;
  const at = keyOwnedBy(view.self, collaborators, namespace, key);
  // What was damaged since the merge began must not look as if it came after the damage.
  const { start } = identity;
  const fate = await replica.mergeAndVouch(at, record, durability);
  // Nobody waits for it: the replica that minted has it in the transaction of the write.
  if (audit !== undefined) keepAudit(collaborators, at, audit);
  return { ...acknowledge(collaborators), start, lost: losses.of(at.partition), fate };
}

function show(
  collaborators: Collaborators,
  { namespace, key, want, durable }: z.infer<typeof READ.request>,
): z.infer<typeof READ.reply> | Promise<z.infer<typeof READ.reply>> {
  const { replica, identity, losses, view } = collaborators;
  const at = keyOwnedBy(view.self, collaborators, namespace, key);
  const stored = replica.read(at);
  const reply = {
    record: stored === undefined ? null : recordOf(at, stored.siblings, stored.bytes, want),
    fingerprint: stored?.fingerprint ?? '',
    start: identity.start,
    lost: losses.of(at.partition),
  };
  const wait = durable ? replica.whenDurable(at) : undefined;
  return wait === undefined ? reply : wait.then(() => reply);
}

/** An entry that finds no room fails no write: others hold it. */
function keepAudit(
  { audits, observer }: Collaborators,
  at: RecordKey,
  audit: WireAuditEntry,
): void {
  const kept = async (): Promise<void> => audits.add(at, entryFromWire(audit), 'os').committed;
  kept().catch((error: unknown) => {
    observer.log('debug', 'an audit entry was not kept here', { reason: messageOf(error) });
  });
}

function acknowledge({ identity, store }: Collaborators): Acknowledgement {
  return { start: identity.start, commit: store.commitNumber };
}

/** @throws OperatingError `wrong_epoch` where `node` does not own the key's partition. */
function keyOwnedBy(
  node: NodeId,
  { ring }: Collaborators,
  namespace: string,
  key: string,
): RecordKey {
  const at = recordKey(namespace, key, ring().partitionCount);
  if (!ownersOf(ring(), at.partition).includes(node)) {
    throw new OperatingError('wrong_epoch', `${node} does not own the partition of the key`);
  }
  return at;
}

function recordOf(
  at: RecordKey,
  siblings: Siblings,
  bytes: Uint8Array,
  want: Want,
): Uint8Array | null {
  if (want === 'full') return bytes;
  return want === 'fingerprint' ? null : withoutValues(at, siblings);
}

function withoutValues(at: RecordKey, siblings: Siblings): Uint8Array {
  const value = new Uint8Array(0);
  const versions = siblings.versions.map((version) => ({ ...version, value }));
  return encodeRecord(at, { ...siblings, versions });
}
