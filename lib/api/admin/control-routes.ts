/** All control routes of a node. */
import type { ApiWorld } from '../api-world.js';
import { aboutRoutes } from './about-route.js';
import type { HttpExchanges } from '../http/exchange.js';
import { ClientLoad } from './client-load.js';
import { clusterRoutes } from './cluster-routes.js';
import { configRoutes } from './config-routes.js';
import { conflictListRoutes } from './conflict-list-route.js';
import { convergenceRoute } from './convergence-route.js';
import { copiesRoutes } from './copies-routes.js';
import type { ControlWork } from './control-work.js';
import { documentRoutes } from './document-routes.js';
import { eventsRoute } from './events-route.js';
import { exchangeRoute } from './exchange-route.js';
import { healthRoutes } from './health-routes.js';
import { hintsRoute } from './hints-route.js';
import { locateRoutes } from './locate-routes.js';
import { namespaceRoutes } from './namespace-routes.js';
import { KEY_ROUTES } from './namespaced-routes.js';
import { operationRoute } from './operation-routes.js';
import type { ControlRoute } from './route.js';

export function controlRoutes(
  world: ApiWorld,
  exchanges: HttpExchanges,
  work: ControlWork,
): readonly ControlRoute[] {
  const load = new ClientLoad(world, exchanges, work);
  const { cluster, coordination, handoff, settings, exchange, convergence, events } = world.node;
  const routes = [
    ...aboutRoutes(world),
    ...configRoutes(settings),
    ...namespaceRoutes(world.node.namespaces),
    ...clusterRoutes(cluster, load),
    ...locateRoutes(cluster, world.node.namespaces),
    ...copiesRoutes(coordination),
    ...conflictListRoutes(coordination),
    operationRoute(world.node.operations),
    exchangeRoute(exchange),
    hintsRoute(handoff),
    convergenceRoute(convergence),
    eventsRoute(events),
    ...healthRoutes(world, load),
  ];
  return [...routes, ...documentRoutes(KEY_ROUTES, routes, world.version)];
}
