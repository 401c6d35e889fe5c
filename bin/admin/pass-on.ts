/** Passes requests of the admin page on to a node: any that is alive, or the one that it names. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { messageOf, OperatingError } from '../../lib/errors.js';
import { sendProblem } from './send-problem.js';
import type { Upstream, Upstreams } from './upstreams.js';

/** Custom, so that a page of another origin cannot send it unasked (CSRF). */
export const PAGE_HEADER = 'x-quorate-page';
/** Who answered: the page says whose view it shows. */
const NODE_HEADER = 'x-quorate-node';

const TARGET = /^(?:\/nodes\/([a-z0-9-]{1,63}))?(\/(?:api\/v1(?:[/?].*)?|metrics|openapi\.json))$/s;
const METRICS = '/metrics';
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const METHODS: ReadonlySet<string> = new Set([...SAFE_METHODS, 'PUT', 'POST', 'DELETE']);
/** Of one connection, not of the message (RFC 9110, 7.6.1); and what was judged here. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'host', 'origin', 'referer', 'cookie', 'expect', PAGE_HEADER],
]);
/** A node that takes the connection and says nothing must not hang the page. */
const ANSWER_MILLISECONDS = 10_000;
const LONG_ANSWER_MILLISECONDS = 70_000;

export interface PassOnOptions {
  readonly upstreams: Upstreams;
  /** Why nothing may be changed through the page; undefined: changes are passed on. */
  readonly readOnly: string | undefined;
  readonly requestId: () => string;
}

export function isPassedOn(url: string): boolean {
  return TARGET.test(url);
}

/** Answers the request, whatever happens. */
export async function passOn(
  options: PassOnOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { upstreams, requestId } = options;
  try {
    const [, id, path = ''] = TARGET.exec(request.url ?? '') ?? [];
    refuseForeign(options, request);
    const node = id === undefined ? await upstreams.firstAlive() : upstreams.byId(id);
    if (node === undefined) throw unreachable(id);
    await send(upstreams, node, path, request, response);
  } catch (error) {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const known = error instanceof OperatingError ? error : unknownOutcome(error, request.method);
    // Each node is asked for them again and again: that one is away is no error of the page.
    const isAway = known.code === 'peer_unreachable' && request.url?.endsWith(METRICS) === true;
    if (isAway) response.writeHead(204, { 'cache-control': 'no-store' }).end();
    else sendProblem(response, known, requestId());
  }
}

function refuseForeign({ readOnly }: PassOnOptions, request: IncomingMessage): void {
  const { method = '', headers } = request;
  if (SAFE_METHODS.has(method)) return;
  if (!METHODS.has(method)) throw forbidden(`${method} is not passed on`);
  if (readOnly !== undefined) throw forbidden(readOnly);
  const site = headers['sec-fetch-site'];
  if (headers[PAGE_HEADER] !== '1' || (site !== undefined && site !== 'same-origin')) {
    throw forbidden('only the admin page itself changes something here');
  }
}

async function send(
  upstreams: Upstreams,
  node: Upstream,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET' } = request;
  const kept = Object.entries(request.headers).filter(([name]) => !NOT_PASSED_ON.has(name));
  const headers = Object.fromEntries(kept);
  const { sent, answered } = upstreams.open(node, { method, path, headers });
  const isLong = path.startsWith('/api/v1/cluster/exchange');
  const timer = setTimeout(
    () => sent.destroy(new Error(`${node.id} does not answer`)),
    isLong ? LONG_ANSWER_MILLISECONDS : ANSWER_MILLISECONDS,
  );
  // Whoever leaves does not wait for the answer.
  response.once('close', () => sent.destroy());
  try {
    const sending = pipeline(request, sent);
    sending.catch(() => undefined);
    const answer = await answered;
    clearTimeout(timer);
    const passed = Object.entries(answer.headers).filter(([name]) => !NOT_PASSED_ON.has(name));
    response.writeHead(answer.statusCode ?? 502, {
      ...Object.fromEntries(passed),
      [NODE_HEADER]: node.id,
    });
    await pipeline(answer, response);
  } finally {
    clearTimeout(timer);
  }
}

function forbidden(message: string): OperatingError {
  return new OperatingError('forbidden_origin', message, { outcome: 'none' });
}

function unreachable(id: string | undefined): OperatingError {
  return id === undefined
    ? new OperatingError('not_ready', 'no node of the cluster answers', { outcome: 'none' })
    : new OperatingError('not_found', `there is no node ${id}`, { outcome: 'none' });
}

function unknownOutcome(error: unknown, method = 'GET'): OperatingError {
  const outcome = SAFE_METHODS.has(method) ? 'none' : 'unknown';
  return new OperatingError('peer_unreachable', messageOf(error), { outcome });
}
