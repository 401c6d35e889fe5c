/** Preference lists: who answers for a key (Dynamo 4.3, 4.6). */
import type { NodeId } from '../environment/transport.js';
import type { Ring } from '../partitioning/ring.js';
import { ownersOf, owningMembers } from '../partitioning/ring.js';
import type { ClusterView } from './cluster-view.js';

/** An owner of the key's partition, in its role for a request. */
export interface Primary {
  readonly node: NodeId;
  readonly zone: string;
  readonly up: boolean;
}

export interface PreferenceList {
  /** In the order of the ring. */
  readonly primaries: readonly Primary[];
  /** The zone of the coordinator. */
  readonly zone: string;
}

export function preferenceList(ring: Ring, partition: number, view: ClusterView): PreferenceList {
  const primaries = owningMembers(ring, partition).map(({ id: node, zone }) => ({
    node,
    zone,
    up: view.isUp(node),
  }));
  return { primaries, zone: view.zone };
}

/**
 * The nodes that can take an absent primary's place: up, not primaries, in the order of the ring
 * from the partition on, this node itself last.
 */
export function standIns(ring: Ring, partition: number, view: ClusterView): NodeId[] {
  const owners = ownersOf(ring, partition);
  const first = ring.members.findIndex((member) => member.id === owners[0]);
  const candidates: NodeId[] = [];
  for (let step = 1; step < ring.members.length; step += 1) {
    const member = ring.members[(first + step) % ring.members.length];
    if (member === undefined || member.id === view.self || owners.includes(member.id)) continue;
    if (view.isUp(member.id)) candidates.push(member.id);
  }
  candidates.push(view.self);
  return candidates;
}

/** Farther than any round trip. */
const BEHIND = 1_000_000;
const IN_ANOTHER_ZONE = 2 * BEHIND;
const SUSPECT = 2 * IN_ANOTHER_ZONE;

/**
 * The order to ask in: this node first, then its zone, then by round-trip time; in a zone those
 * that are behind after the others; suspects last.
 */
export function nearestFirst(
  list: PreferenceList,
  view: ClusterView,
  isBehind: (node: NodeId) => boolean,
): NodeId[] {
  const distance = ({ node, zone }: Primary): number => {
    const late = isBehind(node) ? BEHIND : 0;
    if (node === view.self) return late - 1;
    const far = zone === view.zone ? 0 : IN_ANOTHER_ZONE;
    return far + late + (view.isSuspect(node) ? SUSPECT : 0) + view.roundTripMilliseconds(node);
  };
  // Put in by hand: for a few nodes, and each request has them, the library's sort costs far more.
  const nearest: NodeId[] = [];
  const distances: number[] = [];
  for (const primary of list.primaries) {
    if (!primary.up) continue;
    const own = distance(primary);
    let place = nearest.length;
    for (; place > 0; place -= 1) {
      const before = distances[place - 1] ?? 0;
      if (before <= own) break;
      distances[place] = before;
      nearest[place] = nearest[place - 1] ?? '';
    }
    distances[place] = own;
    nearest[place] = primary.node;
  }
  return nearest;
}
