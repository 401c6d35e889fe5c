/** Everything but the data path: control routes over Koa, from one table (docs/http-api.md). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import Router from '@koa/router';
import Koa from 'koa';
import { messageOf } from '../../errors.js';
import type { ApiWorld } from '../api-world.js';
import type { Exchange, Exchanges } from '../http/exchange.js';
import { parseQuery } from '../http/query.js';
import { invalid, noSuchPath, wrongMethod } from '../http/refusals.js';
import { hasBody } from '../http/read-body.js';
import type { Reply } from '../http/reply.js';
import { checkHeaders } from '../http/request-headers.js';
import { controlBody } from './control-body.js';
import { controlRoutes } from './control-routes.js';
import { refuseLaterPath } from './later-paths.js';
import type { ControlRoute } from './route.js';

interface ControlState {
  exchange?: Exchange;
  reply?: Reply;
}
type Control = Koa.ParameterizedContext<ControlState>;

/** `url` is path and query, without an origin. Answers the request, whatever happens. */
export type ControlListener = (
  request: IncomingMessage,
  response: ServerResponse,
  url: string,
) => Promise<void>;

const READS = { operation: 'control', reads: true, shed: false };
const WRITES = { ...READS, reads: false };

export function createControl(world: ApiWorld, exchanges: Exchanges): ControlListener {
  const app = new Koa<ControlState>();
  app.on('error', (error) => {
    world.node.observer.log('error', 'a control request failed', { reason: messageOf(error) });
  });
  app.use(async (context, next) => {
    context.respond = false;
    const { req, res, state } = context;
    const kind = req.method === 'GET' || req.method === 'HEAD' ? READS : WRITES;
    await exchanges.serve(req, res, req.url ?? '', kind, async (exchange) => {
      state.exchange = exchange;
      await next();
      if (state.reply === undefined) throw new Error('a route ended without a reply');
      return state.reply;
    });
  });
  app.use(routerOf(controlRoutes(world), exchanges).routes());
  app.use(refuse);
  const callback = app.callback();
  return async (request, response, url) => {
    request.url = url;
    await callback(request, response);
  };
}

function routerOf(routes: readonly ControlRoute[], exchanges: Exchanges): Router<ControlState> {
  const router = new Router<ControlState>({ strict: true, sensitive: true });
  for (const route of routes) {
    router.register(route.path, [route.method], async ({ state }) => {
      if (state.exchange === undefined) throw new Error('a route runs within an exchange');
      state.reply = await run(route, state.exchange, exchanges);
    });
  }
  return router;
}

async function run(route: ControlRoute, exchange: Exchange, exchanges: Exchanges): Promise<Reply> {
  const { request, url, headers } = exchange;
  checkHeaders(headers);
  const question = url.indexOf('?');
  const known = route.parameters.filter((row) => row.in === 'query').map((row) => row.name);
  const query = parseQuery(question < 0 ? '' : url.slice(question + 1), known);
  const shape = route.body?.['application/json'];
  if (shape === undefined && hasBody(headers)) throw invalid('body', 'there is no body here');
  const body =
    shape === undefined ? undefined : await controlBody(request, headers, shape, exchanges);
  const by = request.socket.remoteAddress ?? 'unknown';
  return route.handle({ url, query, headers, body, by });
}

/** What no route answered: of a later version, of another method, or nothing at all. */
function refuse(context: Control & { matched?: readonly { methods: string[] }[] }): never {
  const methods = new Set((context.matched ?? []).flatMap((layer) => layer.methods));
  if (methods.size > 0) throw wrongMethod(context.req.method, [...methods]);
  const [path = ''] = (context.req.url ?? '').split('?', 1);
  refuseLaterPath(path);
  throw noSuchPath();
}
