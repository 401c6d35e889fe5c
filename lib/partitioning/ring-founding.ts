/** The first ring of a cluster: a pure function of what its founders were given. */
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import { place, sortedMembers } from './placement.js';
import type { Ring, RingMember } from './ring.js';
import { ringHash } from './ring-codec.js';
import type { Unplaced } from './ring-rules.js';
import { brokenRule } from './ring-rules.js';

/**
 * Ring 1 of a cluster. Founders with the same input get the same ring, in whatever order they name
 * the members; any difference gives another hash.
 * @throws OperatingError `invalid_request` with `details.field`
 */
export function foundRing(input: Unplaced): Ring {
  const broken = brokenRule(input);
  if (broken !== undefined) {
    const { field, rule } = broken;
    throw new OperatingError('invalid_request', `${field} must be: ${rule}`, {
      details: { field, required: rule },
    });
  }
  const { cluster, partitionCount, replicaCount } = input;
  const members = sortedMembers(input.members).map(onlyRingFields);
  const owners = place({ members, partitionCount, replicaCount });
  const unsigned = { cluster, epoch: 1, partitionCount, replicaCount, members, owners };
  return { ...unsigned, hash: ringHash(unsigned) };
}

/**
 * The ring that the list of a node gives.
 * @throws OperatingError `invalid_request` where it does not name this node, or as `foundRing`
 */
export function proposedRing(self: NodeId, input: Unplaced): Ring {
  if (!input.members.some(({ id }) => id === self)) {
    throw new OperatingError('invalid_request', `the list of founders does not name ${self}`, {
      details: { field: 'initialCluster' },
    });
  }
  return foundRing(input);
}

function onlyRingFields({ id, zone, weight }: RingMember): RingMember {
  return { id, zone, weight };
}
