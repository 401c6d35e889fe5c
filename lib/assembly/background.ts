/** What a node does unasked: hints go out, replicas are compared, what has ended makes room. */
import { type AntiEntropyAssembly, assembleAntiEntropy } from '../anti-entropy/assemble.js';
import { upkeepOf } from '../disk/upkeep.js';
import type { Environment } from '../environment/environment.js';
import type { NodeId } from '../environment/transport.js';
import { Handoff } from '../hints/handoff.js';
import type { NodeLimits } from '../node-options.js';
import { versionsKeptOf } from '../membership/request-defaults.js';
import { BACKGROUND_TIMEOUT_MILLISECONDS, type NodeCore } from './core.js';
import { EndedNamespaces } from '../replica/ended-namespaces.js';
import { Reaper } from '../replica/reaper.js';
import type { StalenessFeed } from '../staleness/feed.js';
import type { Messenger } from '../rpc/messenger.js';

export function backgroundOf(
  environment: Environment,
  limits: NodeLimits,
  core: NodeCore,
  strong: Pick<AntiEntropyAssembly, 'openAcceptances' | 'proposers'>,
  feed: Pick<StalenessFeed, 'onMissing'>,
) {
  const { clock, random, observer } = environment;
  const { disk, members, messenger, lag, foreground, expiryClock } = core;
  const { ownership, view, settings, diskCheck } = members;
  const { store, table, replica, hints, identity, losses, endings, health, versions } = disk;
  versions.follow((namespace) => ({
    count: versionsKeptOf(settings, namespace),
    seconds: settings.values.versions_kept_for_s,
  }));
  const handoff = new Handoff({
    ...{ ownership, view, messenger, foreground, lag, expiryClock, clock, random, observer },
    ...{ store, replica, identity, losses, hints, ...limits },
    isRebuilding: (partition) => health.isRebuilding(partition),
    timeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  });
  const { antiEntropy, exchange, convergence, serve } = assembleAntiEntropy({
    environment: { clock, random, observer },
    ...{ disk, ownership, view, messenger, lag, foreground, expiryClock, limits, ...strong },
    isVerified: (peer: NodeId): boolean => diskCheck.isVerified(peer),
    retentionMilliseconds: () => 1000 * settings.values.tombstone_retention_s,
    backgroundTimeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
  });
  feed.onMissing((peer) => antiEntropy.peerConnected(peer));
  hints.onDropped((target) => {
    antiEntropy.compareTreesSoon(target);
    if (view.isUp(target)) antiEntropy.peerConnected(target);
  });
  const reaper = new Reaper({
    ...{ store, table, endings, health, expiryClock, foreground, clock, random, observer, limits },
    partitionCount: disk.partitionCount,
  });
  const endedNamespaces = new EndedNamespaces({
    ...{ store, endings, health, foreground, clock, random, observer, limits },
    partitionCount: disk.partitionCount,
    everEnded: () => settings.state.everEnded,
    hasEnded: (namespace) => settings.state.hasEnded(namespace),
  });
  const upkeep = upkeepOf(environment, disk, limits.clockPersistIntervalMilliseconds);
  return {
    ...{ handoff, antiEntropy, exchange, convergence },
    parts: [handoff, reaper, endedNamespaces, ...upkeep, disk.guard],
    /** A link to the peer has opened. */
    meet: (peer: NodeId): void => {
      void handoff.deliverTo(peer);
      antiEntropy.peerConnected(peer);
    },
    /** Registers the handlers of all parts. */
    serve: (to: Messenger): void => {
      handoff.serve(to);
      serve();
    },
  };
}
