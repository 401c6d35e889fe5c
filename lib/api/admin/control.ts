/** Everything but the data path: control routes over Koa, from one table (docs/http-api.md). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import Router from '@koa/router';
import Koa from 'koa';
import { messageOf } from '../../errors.js';
import type { ApiWorld } from '../api-world.js';
import type { HttpExchange, HttpExchangeKind, HttpExchanges } from '../http/exchange.js';
import { knownQuery, parseQuery } from '../http/query.js';
import { noSuchPath, wrongMethod } from '../http/refusals.js';
import { hasBody, refuseBody } from '../http/read-body.js';
import type { HttpReply } from '../http/reply.js';
import { checkHeaders } from '../http/request-headers.js';
import { timeoutAsked } from '../http/request-options.js';
import { controlBody } from './control-body.js';
import { controlRoutes } from './control-routes.js';
import { ControlWork } from './control-work.js';
import { isHealthPath } from './health-routes.js';
import { refuseLaterPath } from './later-paths.js';
import type { ControlRoute } from './route.js';

interface ControlState {
  exchange?: HttpExchange;
  reply?: HttpReply;
}
type Control = Koa.ParameterizedContext<ControlState>;

/** `url` is path and query, without an origin. Answers the request, whatever happens. */
export type ControlListener = (
  request: IncomingMessage,
  response: ServerResponse,
  url: string,
) => Promise<void>;

/** Of a socket whose client went away. */
const GONE: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT']);
/** No route, or not known yet. */
const NO_ROUTE = '';
const READS: HttpExchangeKind = { operation: 'control', reads: true, shed: false, route: NO_ROUTE };
const WRITES: HttpExchangeKind = { ...READS, reads: false };
const HEALTH: HttpExchangeKind = { ...READS, vital: true };

export function createControl(world: ApiWorld, exchanges: HttpExchanges): ControlListener {
  const app = new Koa<ControlState>();
  app.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever resets the connection must not fill the log.
    const severity = GONE.has(error.code ?? '') ? 'debug' : 'error';
    world.node.observer.log(severity, 'a control request failed', { reason: messageOf(error) });
  });
  app.use(async (context, next) => {
    context.respond = false;
    const { req, res, state } = context;
    await exchanges.serve(req, res, req.url ?? '', kindOf(req), async (exchange) => {
      state.exchange = exchange;
      await next();
      if (state.reply === undefined) throw new Error('a route ended without a reply');
      return state.reply;
    });
  });
  const work = new ControlWork(world.clock, world.limits.controlInFlightMax);
  const runner: Runner = { exchanges, work, limits: world.limits };
  app.use(routerOf(controlRoutes(world, exchanges, work), runner).routes());
  app.use(refuse);
  const callback = app.callback();
  return async (request, response, url) => {
    request.url = url;
    await callback(request, response);
  };
}

interface Runner {
  readonly exchanges: HttpExchanges;
  readonly work: ControlWork;
  readonly limits: ApiWorld['limits'];
}

function kindOf({ method, url }: IncomingMessage): HttpExchangeKind {
  if (method !== 'GET' && method !== 'HEAD') return WRITES;
  return isHealthPath(url ?? '') ? HEALTH : READS;
}

function routerOf(routes: readonly ControlRoute[], runner: Runner): Router<ControlState> {
  const router = new Router<ControlState>({ strict: true, sensitive: true });
  for (const route of routes) {
    router.register(route.path, [route.method], async ({ state }) => {
      if (state.exchange === undefined) throw new Error('a route runs within an exchange');
      state.reply = await run(route, state.exchange, runner);
    });
  }
  return router;
}

async function run(
  route: ControlRoute,
  exchange: HttpExchange,
  { exchanges, work, limits }: Runner,
): Promise<HttpReply> {
  const { request, url, headers } = exchange;
  exchange.route = route.path;
  checkHeaders(headers);
  const asked = timeoutAsked(headers, limits);
  const { timeoutDefaultMilliseconds, timeoutMaxMilliseconds } = limits;
  const usual = route.isLong === true ? timeoutMaxMilliseconds : timeoutDefaultMilliseconds;
  const question = url.indexOf('?');
  const known = route.parameters.filter((row) => row.in === 'query').map((row) => row.name);
  const raw = question < 0 ? '' : url.slice(question + 1);
  const query = route.ignoresQuery === true ? knownQuery(raw, known) : parseQuery(raw, known);
  const shape = route.body?.['application/json'];
  if (shape === undefined && hasBody(headers)) await refuseBody(exchange, 'there is no body here');
  const body = shape === undefined ? undefined : await controlBody(exchange, shape, exchanges);
  const timeoutMilliseconds = exchanges.left(exchange, asked) ?? usual;
  const by = request.socket.remoteAddress ?? 'unknown';
  const call = { url, query, headers, body, by, timeoutMilliseconds };
  if (route.isUnbounded === true) return route.handle(call);
  return work.run(timeoutMilliseconds, () => route.handle(call));
}

/** What no route answered: of a later version, of another method, or nothing at all. */
function refuse(context: Control & { matched?: readonly { methods: string[] }[] }): never {
  const methods = new Set((context.matched ?? []).flatMap((layer) => layer.methods));
  if (methods.size > 0) throw wrongMethod(context.req.method, [...methods]);
  const [path = ''] = (context.req.url ?? '').split('?', 1);
  refuseLaterPath(path);
  throw noSuchPath();
}
