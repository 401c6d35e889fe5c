/** What coordinates the requests of clients on a node: each part is given what it names. */
import { assembleCoordination } from '../coordination/assemble.js';
import { ListCursors } from '../coordination/list/list-cursor.js';
import type { Environment } from '../environment/environment.js';
import { NamespaceLookup } from '../membership/namespace-lookup.js';
import { NamespacedCoordination } from '../membership/namespaced-coordination.js';
import { NamespacedOperations } from '../membership/namespaced-operations.js';
import { Namespaces } from '../membership/namespaces.js';
import { waitReasonOf } from '../membership/readiness.js';
import { requestDefaults } from '../membership/request-defaults.js';
import type { NodeOptions } from '../node-options.js';
import { BACKGROUND_TIMEOUT_MILLISECONDS, type NodeCore } from './core.js';
import type { stalenessOf } from './staleness.js';
import { Hedging } from '../replication/hedging.js';
import { Resolver } from '../resolution/resolver.js';
import { ContextSeal } from '../versioning/causal-context.js';
import { SessionSeal } from '../versioning/session-seal.js';

export function coordinationOf(
  { clock, random, observer }: Environment,
  { secret, limits, customResolver: custom, sessionTokenCharactersMax }: NodeOptions,
  { disk, members, messenger, foreground, expiryClock, plans }: NodeCore,
  { feed, wholeClocks }: ReturnType<typeof stalenessOf>,
) {
  const { ownership, view, founding, settings } = members;
  const clusterId = () => founding.clusterId;
  const defaults = requestDefaults(settings);
  const { coordinator, keyLists, ...parts } = assembleCoordination({
    ...{ disk, ownership, view, messenger, plans, foreground, expiryClock, feed, wholeClocks },
    ...{ clock, random, observer },
    hedging: new Hedging(clock, limits.hedgeDelayMilliseconds),
    seal: new ContextSeal(secret, clusterId),
    sessionSeal: new SessionSeal(secret, clusterId, sessionTokenCharactersMax),
    cursors: new ListCursors(secret, clusterId),
    resolver: new Resolver({ clock, observer, custom, ...limits }),
    defaults,
    isReady: () => waitReasonOf(members) === undefined,
    backgroundTimeoutMilliseconds: BACKGROUND_TIMEOUT_MILLISECONDS,
    ...limits,
  });
  const { timeoutDefaultMilliseconds } = limits;
  const namespaces = new Namespaces({ settings, keyLists, clock, timeoutDefaultMilliseconds });
  const lookup = new NamespaceLookup({ namespaces, clock, timeoutDefaultMilliseconds });
  const requests = new NamespacedCoordination({
    ...{ coordination: coordinator, keyLists, namespaces, lookup, defaults },
  });
  const operations = new NamespacedOperations(parts.operations, lookup);
  return { ...parts, requests, operations, namespaces };
}
