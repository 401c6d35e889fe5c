/** What a node does for coordinators elsewhere: reads, merges, hints, and puts passed on to it. */
import { ownDeadline } from '../environment/by-deadline.js';
import type { Clock } from '../environment/clock.js';
import type { ForegroundLoad } from '../environment/foreground-load.js';
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { assert, messageOf, OperatingError } from '../errors.js';
import { type RecordKey, recordKey } from '../persistence/keyspace.js';
import { encodeRecord, withoutValues } from '../persistence/records.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { Audits } from '../persistence/audits.js';
import type { Hints } from '../hints/hints.js';
import type { ArrivedCopy } from '../replica/group-apply.js';
import type { Identity } from '../replica/identity.js';
import type { Losses } from '../replica/losses.js';
import type { Replica } from '../replica/replica.js';
import { type AuditEntry, filledFrom } from '../resolution/audit-entry.js';
import type { Store } from '../persistence/store.js';
import type { CopyReply, CopyRequest, ReadReply, ReadRequest, Want } from '../rpc/hot-messages.js';
import type { Messenger } from '../rpc/messenger.js';
import type { Incoming } from '../rpc/message.js';
import { parseDot } from '../versioning/dot.js';
import { decodeDots, encodeDots } from '../versioning/dot-set.js';
import type { Siblings } from '../versioning/siblings.js';
import { decodeAudit } from './wire/audit-wire.js';
import { type Acknowledgement, HOLD } from './wire/hold-layout.js';
import { Explanation } from './request/explanation.js';
import { HELD } from './wire/messages.js';
import type { OpenAcceptances } from './strong/open-acceptances.js';
import { type ForwardedPut, PUT, putOf } from './wire/put-layout.js';
import { encodeReport } from './wire/report-wire.js';
import { showRecord } from './read/shown-record.js';
import type { Writes } from './write/writes.js';

/** Of the time that is left: the answer to a put that was passed on must still get back. */
const SHARE_OF_THE_PRIMARY = 0.95;

export interface ReplicaServiceOptions {
  readonly self: NodeId;
  readonly messenger: Messenger;
  readonly writes: Writes;
  readonly replica: Replica;
  readonly openAcceptances: OpenAcceptances;
  readonly hints: Hints;
  readonly audits: Audits;
  readonly store: Store;
  readonly identity: Identity;
  readonly losses: Losses;
  readonly foreground: ForegroundLoad;
  readonly ownership: Ownership;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** Registers the handlers; called once, when the ring is known. */
export function serveReplicas(options: ReplicaServiceOptions): void {
  const { self, messenger, writes, hints, foreground, ownership, clock } = options;

  messenger.replicas.serve({
    read: (request) => show(options, request),
    copies: (requests, settle) => takeCopies(options, requests, settle),
    commitNumber: () => options.store.commitNumber,
  });
  messenger.handle(HOLD, async ({ namespace, key, target, record, durability }) => {
    const at = keyOwnedBy(target, ownership, namespace, key);
    await hints.hold(target, at, record, durability).committed;
    return acknowledge(options);
  });

  messenger.handle(HELD, ({ namespace, key }) => {
    const at = recordKey(namespace, key, ownership.partitionCount);
    const held = hints.heldFor(at, ownership.ownersOf(at.partition));
    return { record: held === undefined ? null : encodeRecord(at, held) };
  });

  const execute = async (forwarded: ForwardedPut, { deadline }: Incoming) => {
    const until = ownDeadline(clock, deadline, SHARE_OF_THE_PRIMARY);
    const explanation = forwarded.explains
      ? new Explanation(self, () => clock.monotonicMilliseconds())
      : undefined;
    const request = { ...putOf(forwarded, until, ownership.partitionCount), explanation };
    const result = await foreground.during(() => writes.put(request));
    return { result, explained: explanation?.coursesText };
  };
  messenger.handle(PUT, execute, { once: true });
}

/** A copy of a message that can be taken. */
interface CopyOfGroup extends ArrivedCopy {
  /** Among all of the message. */
  readonly place: number;
  readonly audit: AuditEntry | undefined;
}

/**
 * The copies of a message, each with the audit of the resolution that it is of: a group, in which
 * each is answered by its place, once.
 */
function takeCopies(
  options: ReplicaServiceOptions,
  requests: readonly CopyRequest[],
  settle: (place: number, outcome: CopyReply | Error) => void,
): void {
  const { self, ownership, replica, audits, openAcceptances } = options;
  const group: CopyOfGroup[] = [];
  for (const [place, request] of requests.entries()) {
    const { namespace, key, record, durability, blind, audit } = request;
    try {
      const at = keyOwnedBy(self, ownership, namespace, key);
      // The merge drops what the entry is of.
      const entry = decodeAudit(audit);
      const filled = entry && filledFrom(entry, held(replica, at));
      if (filled !== undefined) audits.expect(filled);
      const dot = blind === '' ? undefined : parseDot(blind);
      const copy = { at, bytes: record, durability, place, audit: filled, blind: dot };
      // What a blind write is to replace was accepted here, and is not in the record yet (K12).
      const settled = dot === undefined ? undefined : openAcceptances.settled(at);
      if (settled === undefined) group.push(copy);
      else {
        settled.then(
          () => takeGroup(options, [copy], settle),
          (error: Error) => settle(place, error),
        );
      }
    } catch (error) {
      assert(error instanceof Error, 'what is thrown is an error');
      settle(place, error);
    }
  }
  if (group.length > 0) takeGroup(options, group, settle);
}

function takeGroup(
  options: ReplicaServiceOptions,
  group: readonly CopyOfGroup[],
  settle: (place: number, outcome: CopyReply | Error) => void,
): void {
  const { replica, identity, losses, foreground } = options;
  // What was damaged since the merge began must not look as if it came after the damage.
  const { start } = identity;
  foreground.enter(group.length);
  replica.take(group, (outcomes) => {
    foreground.leave(outcomes.length);
    for (const { place, fate, report, error } of outcomes) {
      const copy = group[place];
      assert(copy !== undefined, 'an outcome is of a copy of the group');
      if (error !== undefined) {
        settle(copy.place, error);
        continue;
      }
      const { at, audit } = copy;
      // Nobody waits for it: the replica that minted has it in the transaction of the write.
      if (audit !== undefined) keepAudit(options, at, audit);
      const lost = losses.of(at.partition);
      settle(copy.place, { start, lost, fate, report: encodeReport(report) });
    }
  });
}

function show(
  options: ReplicaServiceOptions,
  request: ReadRequest,
): ReadReply | Promise<ReadReply> {
  const { self, ownership, losses } = options;
  const { namespace, key, want, atLeast, floor } = request;
  const at = keyOwnedBy(self, ownership, namespace, key);
  const shownTo = { at, atLeast, dots: decodeDots(floor) };
  return showRecord(options, shownTo, ({ stored, fingerprint, start, missing }) => ({
    record: stored === undefined ? null : recordOf(at, stored.siblings, stored.bytes, want),
    ...{ fingerprint, start, lost: losses.of(at.partition), missing: encodeDots(missing) },
  }));
}

/** Under rebuild it holds nothing that counts. */
function held(replica: Replica, at: RecordKey): Siblings | undefined {
  try {
    return replica.read(at)?.siblings;
  } catch (error) {
    if (error instanceof OperatingError) return undefined;
    throw error;
  }
}

/** An entry that finds no room fails no write: others hold it. */
function keepAudit(
  { audits, observer }: ReplicaServiceOptions,
  at: RecordKey,
  entry: AuditEntry,
): void {
  const kept = async (): Promise<void> => audits.add(at, entry, 'os').committed;
  kept().catch((error: unknown) => {
    observer.log('debug', 'an audit entry was not kept here', { reason: messageOf(error) });
  });
}

function acknowledge({ identity, store }: ReplicaServiceOptions): Acknowledgement {
  return { start: identity.start, commit: store.commitNumber };
}

/** @throws OperatingError `wrong_epoch` where `node` does not own the key's partition. */
function keyOwnedBy(node: NodeId, ownership: Ownership, namespace: string, key: string): RecordKey {
  const at = recordKey(namespace, key, ownership.partitionCount);
  ownership.assertOwns(node, at.partition);
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
