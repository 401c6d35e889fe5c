/** What a simulation reads of the insides of a node. */
import type { QuorateNode } from '../../lib/node.js';
import type { SimulatedDisk } from './simulated-disk.js';

/** Serves in every partition, from a disk without damage. */
export function isWhole(node: QuorateNode | undefined, disk: SimulatedDisk): boolean {
  return node?.cluster.readiness('all').ready === true && disk.rotten.size === 0;
}
