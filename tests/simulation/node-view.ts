/** What a simulation reads of the insides of a node. */
import type { QuorateNode } from '../../lib/node.js';
import { decodeRecord, recordKey, recordKeyIn } from '../../lib/persistence/records.js';
import type { VersionState } from '../../lib/versioning/siblings.js';
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
    const record = disk.table.read(recordKey('default', key, cluster.ring().partitions));
    return record?.live === true ? record.fingerprint : '';
  } catch {
    return 'unreadable';
  }
}

/** The states of a record's versions; undefined where the entry is no record that can be read. */
export function statesOfRemoved(key: string, bytes: Uint8Array): Set<VersionState> | undefined {
  const match = /^r([0-9a-f]{4})([^\0]*)\0(.*)$/s.exec(key);
  if (match === null) return undefined;
  const [, partition = '', namespace = '', name = ''] = match;
  try {
    const at = recordKeyIn(Number.parseInt(partition, 16), namespace, name);
    return new Set(decodeRecord(at, bytes).versions.map(({ state }) => state));
  } catch {
    return undefined;
  }
}
