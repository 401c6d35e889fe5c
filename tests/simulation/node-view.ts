/** What a simulation reads of the insides of a node. */
import type { QuorateNode } from '../../lib/node.js';
import { decodeRecord } from '../../lib/persistence/records.js';
import type { PlainSettings } from '../../lib/membership/messages.js';
import { type NamespaceField, namespaceOfField } from '../../lib/membership/namespace-rules.js';
import { DEFAULT_NAMESPACE, parseStoredNamespace } from '../../lib/partitioning/namespace.js';
import { decodeStored } from '../../lib/persistence/checksummed.js';
import {
  PREFIX,
  type RecordKey,
  recordKeyOf,
  SINGLE_KEYS,
} from '../../lib/persistence/keyspace.js';
import type { StoredRecord } from '../../lib/persistence/record-table.js';
import { isOlderThan } from '../../lib/persistence/expiry-clock.js';
import { blockedReasonOf, coveredBy } from '../../lib/anti-entropy/collectable.js';
import { millisecondsOf } from '../../lib/versioning/hybrid-clock.js';
import type { Siblings, VersionState } from '../../lib/versioning/siblings.js';
import { type Ballot, ballotOf, type ProposalId } from '../../lib/consensus/ballot.js';
import { locate, recordKeyOfName } from './key-names.js';
import type { SimulatedDisk } from './simulated-disk.js';

/** Serves in every partition, from a disk without damage. */
export function isWhole(node: QuorateNode | undefined, disk: SimulatedDisk): boolean {
  if (node === undefined || disk.rotten.size > 0) return false;
  return node.disk.health.rebuilding.length === 0 && node.cluster.readiness('all').ready;
}

/** The owners of every partition, among the nodes that run. */
export function ownersByPartition(nodes: readonly QuorateNode[]): QuorateNode[][] {
  const owners = nodes[0]?.cluster.ring().owners ?? [];
  return owners.map((ids) => nodes.filter(({ id }) => ids.includes(id)));
}

/**
 * What an owner holds of a key, as text that is equal where replicas agree. What is all dead may
 * have been collected by one and not yet by another.
 */
export function liveState({ disk, cluster }: QuorateNode, key: string): string {
  try {
    const record = disk.table.read(recordKeyOfName(key, cluster.ring().partitions));
    return record?.live === true ? record.fingerprint : '';
  } catch {
    return 'unreadable';
  }
}

/** Undefined also where it cannot be read. */
export function stateOf({ disk }: QuorateNode, at: RecordKey): Siblings | undefined {
  try {
    return disk.table.read(at)?.siblings;
  } catch {
    return undefined;
  }
}

export function ownersOf(nodes: readonly QuorateNode[], key: string): QuorateNode[] {
  const [any] = nodes;
  const primaries = any === undefined ? [] : locate(any, key).primaries;
  return primaries.flatMap(({ node: id }) => nodes.find((one) => one.id === id) ?? []);
}

/** Does it hold a value whose time has ended by the clock of a machine that is right? */
export function hasEnded(node: QuorateNode, key: string, now: number): boolean {
  const versions = recordOf(node, key)?.siblings.versions ?? [];
  return versions.some(({ state, expiresAt = Number.POSITIVE_INFINITY }) => {
    return state === 'value' && expiresAt <= now;
  });
}

/**
 * Why the record of a dead key is still there: `retention`, `no sane clock`, what keeps it from
 * being collected, or `none`; undefined where there is none.
 */
export function obstacle(
  node: QuorateNode,
  key: string,
  owners: readonly QuorateNode[],
): string | undefined {
  const record = recordOf(node, key);
  if (record === undefined || record.live) return undefined;
  const { siblings } = record;
  const { partition } = recordKeyOfName(key, node.cluster.ring().partitions);
  const states = owners.map(({ disk }) => ({
    persisted: disk.health.isRebuilding(partition) ? undefined : disk.clocks.persisted(partition),
    holdsValue: false,
  }));
  return blockedReasonOf(siblings, states) ?? untimely(node, siblings) ?? 'none';
}

/** Why nobody looks yet whether it may be collected; undefined: it is due. */
function untimely(node: QuorateNode, { versions }: Siblings): string | undefined {
  const died = Math.max(
    ...versions.map(({ expiresAt, writtenAt }) => expiresAt ?? millisecondsOf(writtenAt)),
  );
  const retention = 1000 * node.settings.current().settings.tombstone_retention_s;
  const { expiryClock } = node.disk;
  if (expiryClock.now() === undefined) return 'no sane clock';
  return isOlderThan(died, retention, expiryClock) ? undefined : 'retention';
}

/**
 * The writers of proposals with a number that the record covers and no owner has seen. Of a dead
 * record, that must not last once it is due.
 */
export function voidNumbersUnder(
  node: QuorateNode,
  key: string,
  owners: readonly QuorateNode[],
): string[] {
  const record = recordOf(node, key);
  if (record === undefined) return [];
  const { partition } = recordKeyOfName(key, node.cluster.ring().partitions);
  return [...coveredBy(record.siblings.context)].flatMap(([writer, n]) => {
    const isSeen = (number: number): boolean =>
      owners.some(({ disk }) => disk.clocks.of(partition).has({ writer, n: number }));
    const numbers = Array.from({ length: n }, (_, i) => i + 1).filter((one) => !isSeen(one));
    const isOfProposals = ballotOf(writer) !== undefined;
    return isOfProposals && numbers.length > 0 ? [`${writer}: ${numbers.join(' ')}`] : [];
  });
}

/** Is the record dead, and is it time to collect it? */
export function isDue(node: QuorateNode, key: string): boolean {
  const record = recordOf(node, key);
  return record?.live === false && untimely(node, record.siblings) === undefined;
}

function recordOf({ disk, cluster }: QuorateNode, key: string): StoredRecord | undefined {
  try {
    return disk.table.read(recordKeyOfName(key, cluster.ring().partitions));
  } catch {
    return undefined;
  }
}

/** The states of a record's versions; undefined where the entry is no record that can be read. */
export function statesOfRemoved(key: string, bytes: Uint8Array): Set<VersionState> | undefined {
  if (!key.startsWith(PREFIX.record)) return undefined;
  try {
    // In which of its partitions it lies is not asked.
    const at = recordKeyOf(key, 1);
    return new Set(decodeRecord(at, bytes).versions.map(({ state }) => state));
  } catch {
    return undefined;
  }
}

/** Of a proposal on the key that is not settled everywhere, as an obstacle names it. */
export function openAt({ disk, cluster }: QuorateNode, key: string): string {
  const at = recordKeyOfName(key, cluster.ring().partitions);
  const { acceptance, mark } = disk.acceptor.heldOf(at);
  const texts = [
    ...(acceptance === undefined ? [] : [`acceptance ${idText(acceptance.id)}`]),
    ...(mark === undefined ? [] : [`mark ${idText(mark)}`]),
  ];
  if (texts.length === 0) return '';
  const promised = ballotText(disk.acceptor.promised(at.partition));
  return `, with ${texts.join(' and ')}; promised ${promised}`;
}

function idText({ ballot, seq }: ProposalId): string {
  return `${ballotText(ballot)}#${seq}`;
}

function ballotText({ round, node, start }: Ballot): string {
  return `${round}.${node}.${start}`;
}

/** The records on its disk that hold values of a namespace that was deleted, as the node knows. */
export function valuesOfEnded({ disk: { store } }: QuorateNode, disk: SimulatedDisk): string[] {
  const bytes = store.get(SINGLE_KEYS.settings);
  if (bytes === undefined) return [];
  const { fields } = decodeStored(SINGLE_KEYS.settings, bytes) as PlainSettings;
  const ends = new Map(
    fields.flatMap(([field, value]) => {
      const name = namespaceOfField(field);
      const { generation = 0, rules } = (
        name === undefined ? {} : value
      ) as Partial<NamespaceField>;
      return name === undefined ? [] : [[name, rules === null ? generation : generation - 1]];
    }),
  );
  return disk.visibleEntries(PREFIX.record).flatMap(([key, record]) => {
    const { namespace } = recordKeyOf(key, 1);
    const { name, generation } = parseStoredNamespace(namespace);
    const hasEnded = namespace !== DEFAULT_NAMESPACE && generation <= (ends.get(name) ?? 0);
    return hasEnded && statesOfRemoved(key, record)?.has('value') === true ? [key] : [];
  });
}
