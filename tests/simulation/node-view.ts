/** What a simulation reads of the insides of a node. */
import type { QuorateNode } from '../../lib/node.js';
import { decodeRecord, recordKeyIn } from '../../lib/persistence/records.js';
import type { VersionState } from '../../lib/versioning/siblings.js';
import type { SimulatedDisk } from './simulated-disk.js';

/** Serves in every partition, from a disk without damage. */
export function isWhole(node: QuorateNode | undefined, disk: SimulatedDisk): boolean {
  return node?.cluster.readiness('all').ready === true && disk.rotten.size === 0;
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
