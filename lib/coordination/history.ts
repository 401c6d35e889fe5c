/** The past of a key, as its replicas have kept it: versions, and how conflicts were resolved. */
import { OperatingError } from '../errors.js';
import type { RecordKey } from '../persistence/records.js';
import type { KeptVersion, WholeVersion } from '../persistence/versions.js';
import type { MessageType } from '../replication/message.js';
import { preferenceList } from '../replication/preference-list.js';
import { requiredOf } from '../replication/quorum.js';
import { type AuditEntry, mergeEntries } from '../resolution/audit-entry.js';
import { entryFromWire, entryToWire, wholeToWire } from './audit-wire.js';
import type { Collaborators } from './collaborators.js';
import { type ConsistencyLevel, requirementsOf } from './consistency-level.js';
import { gather } from './gather.js';
import { RESOLUTIONS, VERSION, VERSIONS } from './messages.js';

export interface Look {
  readonly at: RecordKey;
  /** As many replicas must say what they have kept: the level that held for the read before. */
  readonly level: ConsistencyLevel;
  /** On the monotonic clock. */
  readonly deadline: number;
}

/** The latest first. */
export async function resolutionsOf(
  collaborators: Collaborators,
  look: Look,
): Promise<AuditEntry[]> {
  const { namespace, key } = look.at;
  const replies = await asked(collaborators, look, RESOLUTIONS, { namespace, key }, () => ({
    entries: collaborators.audits.list(look.at).map(entryToWire),
  }));
  return mergeEntries(replies.map(({ entries }) => entries.map(entryFromWire)));
}

/** What any of the replicas keeps, each once, the latest written first. */
export async function keptVersionsOf(
  collaborators: Collaborators,
  look: Look,
): Promise<KeptVersion[]> {
  const { namespace, key } = look.at;
  const replies = await asked(collaborators, look, VERSIONS, { namespace, key }, () => ({
    versions: collaborators.versions.list(look.at),
  }));
  const byVersion = new Map<string, KeptVersion>();
  for (const { versions } of replies) for (const row of versions) byVersion.set(row.version, row);
  return [...byVersion.values()].sort(
    (a, b) => b.writtenAt - a.writtenAt || (a.version < b.version ? 1 : -1),
  );
}

/** Undefined where no replica that answered keeps it. */
export async function keptVersionOf(
  collaborators: Collaborators,
  look: Look,
  version: string,
): Promise<WholeVersion | undefined> {
  const { namespace, key } = look.at;
  const replies = await asked(collaborators, look, VERSION, { namespace, key, version }, () => ({
    kept: wholeToWire(collaborators.versions.read(look.at, version)),
  }));
  const kept = replies.flatMap((reply) => reply.kept ?? [])[0];
  return kept === undefined ? undefined : { ...kept, value: kept.value ?? new Uint8Array(0) };
}

/** @throws OperatingError `level_not_reached`, `deadline_passed` */
async function asked<Request, Reply>(
  collaborators: Collaborators,
  { at, level, deadline }: Look,
  type: MessageType<Request, Reply>,
  request: Request,
  own: () => Reply,
): Promise<Reply[]> {
  const list = preferenceList(collaborators.ring(), at.partition, collaborators.view);
  const requirements = requirementsOf(level, list);
  const what = { list, requirements, deadline, type, request, own };
  const replies = await gather(collaborators, what);
  if (replies !== undefined) return replies;
  const late = collaborators.clock.monotonicMilliseconds() >= deadline;
  throw new OperatingError(
    late ? 'deadline_passed' : 'level_not_reached',
    'too few replicas said what they have kept',
    { outcome: 'none', details: { required: requiredOf(requirements) } },
  );
}
