/** What a node reports of itself and of its cluster. */
import type { AntiEntropy } from '../anti-entropy/anti-entropy.js';
import type { Environment } from '../environment/environment.js';
import type { EventLog } from '../environment/event-log.js';
import type { ClockSanity } from '../membership/clock-sanity.js';
import { ClusterService } from '../membership/cluster-service.js';
import { EventsService } from '../membership/events.js';
import { StateGauges } from '../membership/state-gauges.js';
import type { NodeOptions } from '../node-options.js';
import type { NodeCore } from './core.js';

/** What is logged is remembered, too. */
export interface NodeEnvironment extends Environment {
  readonly observer: EventLog;
}

export function reportsOf(
  { clock, observer }: NodeEnvironment,
  { id: self, version, clientAddress, limits }: NodeOptions,
  { disk, members, messenger, plans }: NodeCore,
  { antiEntropy, clockSanity }: { antiEntropy: AntiEntropy; clockSanity: ClockSanity },
) {
  const { ownership, view, addresses, admission, diskCheck, tickets, founding, settings } = members;
  const { identity, largest, hints, store, stalls } = disk;
  const gauges = new StateGauges({
    ...{ version, ownership, plans, view, disk, clock, observer, limits },
    owesSince: (peer) => antiEntropy.owesSince(peer),
  });
  const cluster = new ClusterService({
    ...{ self, version, clientAddress, ownership, view, addresses, admission, diskCheck, tickets },
    ...{
      founding,
      settings,
      identity,
      largest,
      hints,
      store,
      stalls,
      messenger,
      plans,
      clock,
      clockSanity,
    },
    stored: () => gauges.stored(),
  });
  const { pageBytesMax } = limits;
  const events = new EventsService({ ownership, log: observer, messenger, clock, pageBytesMax });
  return { cluster, events, gauges };
}
