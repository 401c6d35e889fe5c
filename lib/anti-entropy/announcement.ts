/**
 * Announce, then copy (docs/architecture.md, D5): before a damaged partition is rebuilt, all its
 * other owners know from which start of this node on its answers count again.
 *
 * Why that closes it for every coordinator, an owner or not: answers are counted together. Each was
 * given either before its owner confirmed, then what it speaks of was there when copying began, and
 * is copied; or after, then it names the loss, and strikes what was said before.
 */
import type { NodeId } from '../environment/transport.js';
import { messageOf } from '../errors.js';
import type { AntiEntropyCollaborators } from './collaborators.js';
import { backgroundDeadline } from './collaborators.js';
import { LOST } from './messages.js';

/** How far the loss of one partition has been told. */
export interface Told {
  readonly partition: number;
  /** From which on the answers of this node count again; undefined: not taken yet. */
  start: number | undefined;
  readonly confirmed: Set<NodeId>;
}

/** Registers the handler; called once, when the ring is known. */
export function serveLosses(collaborators: AntiEntropyCollaborators): void {
  const { messenger, losses: known } = collaborators;
  messenger.handle(LOST, async ({ losses }, { from }) => {
    for (const [partition] of losses) collaborators.ownership.assertShared(partition, from);
    // At once: from here on every answer about these partitions names it.
    known.learn(losses.map(([partition, start]) => [partition, from, start]));
    const lost = losses.flatMap(([partition]) => known.listOf(partition));
    await known.persist();
    return { lost };
  });
}

/** Tells the owners that are up; resolves when each has confirmed or failed. */
export async function announce(
  collaborators: AntiEntropyCollaborators,
  losses: readonly Told[],
): Promise<void> {
  await takeStart(collaborators, losses);
  const byPeer = new Map<NodeId, Told[]>();
  for (const told of losses) {
    for (const peer of collaborators.ownership.othersOf(told.partition)) {
      if (told.start === undefined || told.confirmed.has(peer)) continue;
      byPeer.set(peer, [...(byPeer.get(peer) ?? []), told]);
    }
  }
  await Promise.all([...byPeer].map(([peer, some]) => tell(collaborators, peer, some)));
}

/**
 * What the other owners remember of this node's starts is known by then, so the next is above all
 * that they have heard of.
 */
async function takeStart(
  collaborators: AntiEntropyCollaborators,
  losses: readonly Told[],
): Promise<void> {
  const { identity, losses: known, isMet, view } = collaborators;
  const ready = losses.filter(({ partition, start }) => {
    return start === undefined && collaborators.ownership.othersOf(partition).every(isMet);
  });
  if (ready.length === 0) return;
  await identity.renew();
  const { start } = identity;
  known.learn(ready.map(({ partition }) => [partition, view.self, start]));
  await known.persist();
  for (const told of ready) told.start = start;
}

async function tell(
  collaborators: AntiEntropyCollaborators,
  peer: NodeId,
  some: readonly Told[],
): Promise<void> {
  const { messenger, losses, view, observer } = collaborators;
  if (!view.isUp(peer)) return;
  const request = {
    losses: some.map(({ partition, start = 0 }): [number, number] => [partition, start]),
  };
  try {
    const { lost } = await messenger.request(
      peer,
      LOST,
      request,
      backgroundDeadline(collaborators),
    );
    losses.learn(lost);
    await losses.persist();
  } catch (error) {
    observer.log('debug', 'a loss could not be told', { peer, reason: messageOf(error) });
    return;
  }
  for (const { confirmed } of some) confirmed.add(peer);
  observer.count('quorate_announced_losses_total', {}, some.length);
}
