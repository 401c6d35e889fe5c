/**
 * Announce, then copy (docs/architecture.md, D5): before a damaged partition is rebuilt, all its
 * other owners know from which start of this node on its answers count again.
 *
 * Why that is enough for every coordinator, an owner or not: answers are counted together. An
 * answer was given before its owner confirmed: then what it names was there when copying began, and
 * is copied. Or it was given after that: then it names the loss, and earlier answers are struck.
 */
import type { Identity } from '../replica/identity.js';
import type { Losses } from '../replica/losses.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { ClusterView } from '../replication/cluster-view.js';
import type { Questions } from './questions.js';
import type { Observer } from '../environment/observer.js';
import type { Messenger } from '../rpc/messenger.js';
import type { NodeId } from '../environment/transport.js';
import { messageOf } from '../errors.js';
import { LOST } from './messages.js';

/** How far the loss of one partition has been announced. */
export interface AnnouncedLoss {
  readonly partition: number;
  /** From which on the answers of this node count again; undefined: not taken yet. */
  start: number | undefined;
  readonly confirmed: Set<NodeId>;
}

export interface AnnouncementOptions {
  readonly identity: Identity;
  readonly losses: Losses;
  /** Has the peer said what it remembers of this node's disk? */
  readonly isVerified: (peer: NodeId) => boolean;
  readonly ownership: Ownership;
  readonly view: ClusterView;
  readonly questions: Questions;
  readonly observer: Observer;
}

/** Registers the handler; called once, when the ring is known. */
export function serveLosses(
  messenger: Messenger,
  { ownership, losses: known }: Pick<AnnouncementOptions, 'ownership' | 'losses'>,
): void {
  messenger.handle(LOST, async ({ losses }, { from }) => {
    for (const [partition] of losses) ownership.assertShared(partition, from);
    // At once: from here on every answer about these partitions names it.
    known.learn(losses.map(([partition, start]) => [partition, from, start]));
    const lost = losses.flatMap(([partition]) => known.listOf(partition));
    await known.persist();
    return { lost };
  });
}

/** Announces to the owners that are up; resolves when each has confirmed or failed. */
export async function announce(
  options: AnnouncementOptions,
  losses: readonly AnnouncedLoss[],
): Promise<void> {
  await takeStart(options, losses);
  const byPeer = new Map<NodeId, AnnouncedLoss[]>();
  for (const loss of losses) {
    for (const peer of options.ownership.othersOf(loss.partition)) {
      if (loss.start === undefined || loss.confirmed.has(peer)) continue;
      byPeer.set(peer, [...(byPeer.get(peer) ?? []), loss]);
    }
  }
  await Promise.all([...byPeer].map(([peer, some]) => announceTo(options, peer, some)));
}

/**
 * What the other owners remember of this node's starts is known by then, so the next is above all
 * that they have heard of.
 */
async function takeStart(
  options: AnnouncementOptions,
  losses: readonly AnnouncedLoss[],
): Promise<void> {
  const { identity, losses: known, isVerified, view } = options;
  const ready = losses.filter(({ partition, start }) => {
    return start === undefined && options.ownership.othersOf(partition).every(isVerified);
  });
  if (ready.length === 0) return;
  await identity.renew();
  const { start } = identity;
  known.learn(ready.map(({ partition }) => [partition, view.self, start]));
  await known.persist();
  for (const loss of ready) loss.start = start;
}

async function announceTo(
  options: AnnouncementOptions,
  peer: NodeId,
  some: readonly AnnouncedLoss[],
): Promise<void> {
  const { questions, losses, view, observer } = options;
  if (!view.isUp(peer)) return;
  const request = {
    losses: some.map(({ partition, start = 0 }): [number, number] => [partition, start]),
  };
  try {
    const { lost } = await questions.ask(peer, LOST, request);
    losses.learn(lost);
    await losses.persist();
  } catch (error) {
    observer.log('debug', 'a loss could not be announced', { peer, reason: messageOf(error) });
    return;
  }
  for (const { confirmed } of some) confirmed.add(peer);
  observer.count('quorate_announced_losses_total', {}, some.length);
}
