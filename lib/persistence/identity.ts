/** Who the node on this disk is, and how often it has started. */
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import { decodeStored, encodeStored } from './checksummed.js';
import type { Store } from './store.js';

const IDENTITY_KEY = 'm/node';

/**
 * Counts this start, durably, before the node serves anything.
 * @returns the start number: 1 at the first start on this disk.
 * @throws OperatingError `founding_refused` where the disk belongs to another node.
 */
export async function countStart(store: Store, node: NodeId): Promise<number> {
  const stored = store.get(IDENTITY_KEY);
  const [owner, last] =
    stored === undefined ? [node, 0] : (decodeStored(IDENTITY_KEY, stored) as [NodeId, number]);
  if (owner !== node) {
    throw new OperatingError('founding_refused', `the data belongs to node ${owner}, not ${node}`);
  }
  const start = last + 1;
  const { committed } = store.transact((transaction) => {
    transaction.put(IDENTITY_KEY, encodeStored(IDENTITY_KEY, [node, start]));
  });
  await committed;
  return start;
}
