/** Passes requests of the admin page on to a node: any that is alive, or the one that it names. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { hasBody, refuseBody } from '../../lib/api/http/read-body.js';
import {
  checkHeaders,
  type RequestHeaders,
  scanHeaders,
} from '../../lib/api/http/request-headers.js';
import { messageOf, OperatingError } from '../../lib/errors.js';
import { passedAnswerHeaders, passedRequestHeaders } from './passed-headers.js';
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
/** Of another method none is passed on: the library writes it without any framing. */
const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['PUT', 'POST']);
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
    const headers = scanHeaders(request.rawHeaders);
    checkHeaders(headers);
    await refuseNeedlessBody(request, response, headers);
    const node = id === undefined ? await upstreams.firstAlive() : upstreams.byId(id);
    if (node === undefined) throw unreachable(id);
    await send({ upstreams, node, path, request, response, headers });
  } catch (error) {
    if (response.headersSent || response.destroyed) {
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

/** One in chunks may be empty: proxies add that, and it is none. */
async function refuseNeedlessBody(
  request: IncomingMessage,
  response: ServerResponse,
  headers: RequestHeaders,
): Promise<void> {
  const { method = '' } = request;
  if (METHODS_WITH_BODY.has(method) || !hasBody(headers)) return;
  const message = `${method} takes no body`;
  await refuseBody({ request, response, headers, bodyBytes: 0 }, message);
}

interface Passed {
  readonly upstreams: Upstreams;
  readonly node: Upstream;
  readonly path: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly headers: RequestHeaders;
}

async function send({ upstreams, node, path, request, response, headers }: Passed): Promise<void> {
  const { method = 'GET' } = request;
  const passed = { ...passedRequestHeaders(request.headers), ...framingOf(request, headers) };
  const { sent, answered } = upstreams.open(node, { method, path, headers: passed });
  const isLong = path.startsWith('/api/v1/cluster/exchange');
  const timer = setTimeout(
    () => sent.destroy(new Error(`${node.id} does not answer`)),
    isLong ? LONG_ANSWER_MILLISECONDS : ANSWER_MILLISECONDS,
  );
  // Whoever leaves does not wait for the answer.
  response.once('close', () => sent.destroy());
  const pour = (): void => {
    pipeline(request, sent).catch(() => undefined);
  };
  try {
    if (!METHODS_WITH_BODY.has(method)) sent.end();
    else if (!waitsToBeAsked(request, headers)) pour();
    // The node judges the length, and asks for the body or refuses it.
    else {
      sent.once('continue', () => {
        response.writeContinue();
        pour();
      });
    }
    const answer = await answered;
    clearTimeout(timer);
    // What is left of a body that was refused is no request.
    if (!request.complete) response.setHeader('connection', 'close');
    response.setHeader(NODE_HEADER, node.id);
    response.writeHead(answer.statusCode ?? 502, passedAnswerHeaders(answer.headers));
    await pipeline(answer, response);
  } finally {
    clearTimeout(timer);
    sent.destroy();
  }
}

/** Said in so many words: where it is left to the library some methods have none. */
function framingOf(request: IncomingMessage, headers: RequestHeaders): OutgoingHttpHeaders {
  if (!METHODS_WITH_BODY.has(request.method ?? '')) return {};
  const expect = waitsToBeAsked(request, headers) ? { expect: '100-continue' } : {};
  if (headers.transferEncoding !== undefined) return { 'transfer-encoding': 'chunked', ...expect };
  return { 'content-length': headers.contentLength ?? '0', ...expect };
}

/** HTTP/1.0 knows no such waiting. */
function waitsToBeAsked({ httpVersionMinor }: IncomingMessage, headers: RequestHeaders): boolean {
  return headers.expect !== undefined && httpVersionMinor > 0 && hasBody(headers);
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
