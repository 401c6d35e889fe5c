/** All control routes of a node. */
import type { ApiWorld } from '../api-world.js';
import { KEY_BYTES_MAX } from '../http/key-of-path.js';
import { aboutRoute } from './about-route.js';
import { clusterRoutes } from './cluster-routes.js';
import { configRoutes } from './config-routes.js';
import { healthRoutes } from './health-routes.js';
import type { ControlRoute } from './route.js';

export function controlRoutes(world: ApiWorld): readonly ControlRoute[] {
  const { cluster, settings } = world.node;
  return [
    aboutRoute(world, KEY_BYTES_MAX),
    ...configRoutes(settings),
    ...clusterRoutes(cluster),
    ...healthRoutes(world),
  ];
}
