/** The API of a node: one listener, the data path ahead of the router (docs/http-api.md). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createControl } from './admin/control.js';
import type { ApiWorld } from './api-world.js';
import { BatchPath, isBatchPath } from './http/batch-path.js';
import { DataPath } from './http/data-path.js';
import { namespacedPathOf } from './http/namespaced-path.js';
import { isDataPath } from './http/data-target.js';
import { HttpExchanges } from './http/exchange.js';

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** Every request that the listener parsed is answered, and every answer is counted. */
export function createApi(world: ApiWorld): RequestListener {
  const exchanges = new HttpExchanges(world);
  const dataPath = new DataPath(world, exchanges);
  const batchPath = new BatchPath(world, exchanges);
  const control = createControl(world, exchanges);
  return (request, response) => {
    const whole = request.url ?? '';
    const within = namespacedPathOf(whole);
    const url = within?.url ?? whole;
    if (within !== undefined && isDataPath(url)) {
      dataPath.serve(request, response, url, within.namespace);
    } else if (within !== undefined && isBatchPath(url)) {
      batchPath.serve(request, response, url, within.namespace);
    } else if (isDataPath(url)) dataPath.serve(request, response, url);
    else if (isBatchPath(url)) batchPath.serve(request, response, url);
    else void control(request, response, whole);
  };
}
