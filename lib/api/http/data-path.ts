/** The data path: get, put, delete and conflicts of one key, ahead of the router (Dynamo 4.1). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type {
  ConflictsAnswer,
  GetAnswer,
  PutAnswer,
  PutRequest,
} from '../../coordination/request/request.js';
import { JSON_TYPE } from '../../encoding/json-text.js';
import type { OperatingError } from '../../errors.js';
import type { Change } from '../../replica/intent.js';
import type { SessionToken } from '../../versioning/session-token.js';
import type { ApiWorld } from '../api-world.js';
import { withSession } from './answer-headers.js';
import { conflictsAnswer } from './conflicts-answer.js';
import { KINDS, LIST, METHODS, OPERATIONS, REFUSED, ROUTES } from './data-operations.js';
import { type DataTarget, isListPath, targetOf } from './data-target.js';
import type { HttpExchange, HttpExchanges, HttpHandler } from './exchange.js';
import { getAnswer } from './get-answer.js';
import { changeParts, resolutionParts } from './idempotency-key.js';
import { listKeys } from './list-keys.js';
import { type OnceOptions, writeUnderKey } from './once-writes.js';
import { previewAnswer } from './preview-answer.js';
import { putAnswer } from './put-answer.js';
import { bodyBytesMax, putBody } from './put-body.js';
import { type BodyRoom, checkEncoding, hasBody, readBody, refuseBody } from './read-body.js';
import { invalid, wrongMethod } from './refusals.js';
import type { HttpReply } from './reply.js';
import { checkResolveHeaders, resolveBody } from './resolve-body.js';
import type { RequestHeaders } from './request-headers.js';
import {
  type ReadRequestOptions,
  readOptions,
  type WriteRequestOptions,
  writeOptions,
} from './request-options.js';
import { versionsAnswer } from './versions-answer.js';

const WITH_PUT =
  'a value is written with PUT: ' +
  `curl -X PUT -H 'Content-Type: ${JSON_TYPE}' -d '{"value": ...}' ADDRESS`;
const TOMBSTONE: Change = { state: 'tombstone' };

export class DataPath {
  readonly #world: ApiWorld;
  readonly #exchanges: HttpExchanges;
  readonly #handle: HttpHandler;

  constructor(world: ApiWorld, exchanges: HttpExchanges) {
    this.#world = world;
    this.#exchanges = exchanges;
    this.#handle = (exchange) => this.#route(exchange);
  }

  /** @param url path and query as they were sent; `isDataPath` holds. Never rejects. */
  serve(request: IncomingMessage, response: ServerResponse, url: string, namespace?: string): void {
    const operation = OPERATIONS.get(request.method ?? '');
    const isList = operation === 'get' && isListPath(url);
    const kind = operation === undefined ? REFUSED : isList ? LIST : KINDS[operation];
    const handle = namespace === undefined ? this.#handle : this.#within(namespace);
    void this.#exchanges.serve(request, response, url, kind, handle);
  }

  #within =
    (namespace: string): HttpHandler =>
    (exchange) => {
      exchange.namespace = namespace;
      return this.#route(exchange);
    };

  #route(exchange: HttpExchange): HttpReply | Promise<HttpReply> {
    if (exchange.kind === LIST) return listKeys(exchange, this.#world, this.#exchanges);
    const target = targetOf(exchange.url);
    exchange.route = ROUTES[target.resource];
    const methods = METHODS[target.resource];
    const operation = methods.get(exchange.request.method ?? '');
    if (operation === undefined) throw notOfKeys(exchange, target, [...methods.keys()]);
    this.#exchanges.rateLimits.take(exchange, exchange.namespace);
    const { key } = target;
    if (key === undefined) throw invalid('key', 'name the key: /api/v1/kv/KEY, or ?key=KEY');
    if (operation === 'get') return this.#get(exchange, key, target);
    checkNoView(target);
    if (operation === 'resolve') return this.#resolve(exchange, key, target.isDryRun);
    return operation === 'put' ? this.#put(exchange, key) : this.#delete(exchange, key);
  }

  #get(exchange: HttpExchange, key: string, target: DataTarget): HttpReply | Promise<HttpReply> {
    const { headers } = exchange;
    const options = readOptions(headers, this.#world.limits);
    if (!hasBody(headers)) return this.#read(exchange, options, key, target);
    const empty = refuseBody(exchange, 'a read takes no body');
    return empty.then(() => this.#read(exchange, options, key, target));
  }

  #read(
    exchange: HttpExchange,
    { level, fallbacks, timeoutMilliseconds, readRepair, sessionToken }: ReadRequestOptions,
    key: string,
    target: DataTarget,
  ): HttpReply | Promise<HttpReply> {
    const { coordination } = this.#world.node;
    const request = {
      namespace: exchange.namespace,
      key,
      level,
      fallbacks,
      timeoutMilliseconds,
      readRepair,
      session: this.#opened(sessionToken),
      explanation: exchange.explanation,
    };
    const { requestId } = exchange;
    const { resource, version } = target;
    if (resource === 'conflicts') {
      return coordination.conflicts(request).then((conflicts) => {
        const bytes = bytesOf(conflicts) + bytesDropped(conflicts);
        return this.#exchanges.inTurn(exchange, bytes, () => {
          return this.#ofSession(conflictsAnswer(conflicts, key, requestId), conflicts);
        });
      });
    }
    if (resource === 'versions') {
      const answer = coordination.versions(request);
      return answer.then((versions) => {
        return this.#ofSession(versionsAnswer(versions, key, requestId), versions);
      });
    }
    const answer =
      version === undefined
        ? coordination.get(request)
        : coordination.version({ ...request, version });
    if (!(answer instanceof Promise)) return this.#shown(answer, exchange, key, target);
    return answer.then((later) => this.#shown(later, exchange, key, target));
  }

  #shown(
    answer: GetAnswer,
    exchange: HttpExchange,
    key: string,
    { asList, version }: DataTarget,
  ): HttpReply | Promise<HttpReply> {
    const { headers, requestId } = exchange;
    const { accept, ifNoneMatch } = headers;
    const view = { key, asList, version, accept, ifNoneMatch, requestId };
    return this.#exchanges.inTurn(exchange, bytesOf(answer), () => {
      return this.#ofSession(getAnswer(answer, view), answer);
    });
  }

  async #resolve(exchange: HttpExchange, key: string, isDryRun: boolean): Promise<HttpReply> {
    const { request, headers } = exchange;
    const { limits, node } = this.#world;
    const options = writeOptions(headers, limits);
    checkResolveHeaders(headers);
    const { context, resolution } = await readBody(exchange, this.#room(headers), (bytes) =>
      resolveBody(bytes, headers, limits),
    );
    const { level, fallbacks, durability, sessionToken } = options;
    const timeoutMilliseconds = this.#exchanges.left(exchange, options.timeoutMilliseconds);
    const session = this.#opened(sessionToken);
    const by = request.socket.remoteAddress ?? 'unknown';
    const resolve = {
      ...{ namespace: exchange.namespace, key, level, fallbacks, timeoutMilliseconds, durability },
      ...{ context, resolution, by, session, explanation: exchange.explanation },
    };
    if (isDryRun) {
      const preview = await node.coordination.previewResolution(resolve);
      return this.#exchanges.inTurn(exchange, preview.value.length, () =>
        previewAnswer(preview, key),
      );
    }
    const reply = (answer: PutAnswer): HttpReply => putAnswer(answer, key);
    if (options.idempotencyKey === undefined) {
      const answer = await node.coordination.resolve(resolve);
      return this.#ofSession(reply(answer), answer);
    }
    const parts = [context, resolutionParts(resolution)];
    const perform = (how: OnceOptions) => node.coordination.resolve({ ...resolve, ...how });
    return writeUnderKey(node, exchange, options, { key, parts, asked: resolve, reply, perform });
  }

  #put(exchange: HttpExchange, key: string): HttpReply | Promise<HttpReply> {
    const { request, url, headers } = exchange;
    const { limits } = this.#world;
    const options = writeOptions(headers, limits);
    checkEncoding(headers.contentEncoding);
    const body = readBody(exchange, this.#room(headers), (bytes) =>
      putBody(bytes, headers, limits, () => addressOf(request.headers.host, url)),
    );
    if (!(body instanceof Promise))
      return this.#write(exchange, key, body.change, body.context, options);
    return body.then(({ change, context }) => {
      const timeoutMilliseconds = this.#exchanges.left(exchange, options.timeoutMilliseconds);
      return this.#write(exchange, key, change, context, { ...options, timeoutMilliseconds });
    });
  }

  #write(
    exchange: HttpExchange,
    key: string,
    change: Change,
    context: string | undefined,
    options: WriteRequestOptions,
  ): HttpReply | Promise<HttpReply> {
    const { node } = this.#world;
    const session = this.#opened(options.sessionToken);
    const request = putRequest(exchange, key, change, context, session, options);
    const reply = (answer: PutAnswer): HttpReply => putAnswer(answer, key, change);
    if (options.idempotencyKey !== undefined) {
      const parts = [context ?? null, changeParts(change)];
      const perform = (how: OnceOptions) => node.coordination.put({ ...request, ...how });
      return writeUnderKey(node, exchange, options, { key, parts, asked: request, reply, perform });
    }
    const shown = (put: PutAnswer): HttpReply => this.#ofSession(reply(put), put);
    const answer = node.coordination.put(request);
    return answer instanceof Promise ? answer.then(shown) : shown(answer);
  }

  #opened(sessionToken: string | undefined): SessionToken | undefined {
    if (sessionToken === undefined) return undefined;
    return this.#world.node.coordination.openSession(sessionToken);
  }

  /** With what the client has seen by now, where its request is of a session. */
  #ofSession(reply: HttpReply, { session }: Pick<PutAnswer, 'session'>): HttpReply {
    if (session === undefined) return reply;
    return withSession(reply, this.#world.node.coordination, [session]);
  }

  #room({ contentType }: RequestHeaders): BodyRoom {
    const { limits } = this.#world;
    const { admission, turns } = this.#exchanges;
    const bytesMax = bodyBytesMax(contentType, limits);
    return { bytesMax, valueBytesMax: limits.valueBytesMax, admission, turns };
  }

  #delete(exchange: HttpExchange, key: string): HttpReply | Promise<HttpReply> {
    const { headers } = exchange;
    const options = writeOptions(headers, this.#world.limits);
    if (headers.ttl !== undefined) throw invalid('x-ttl', 'a delete has no time to live');
    if (!hasBody(headers)) return this.#write(exchange, key, TOMBSTONE, options.context, options);
    const message = 'a delete takes no body; the context goes into X-Causal-Context';
    const empty = refuseBody(exchange, message);
    return empty.then(() => this.#write(exchange, key, TOMBSTONE, options.context, options));
  }
}

function bytesOf({ siblings }: GetAnswer): number {
  return siblings.reduce((bytes, { value }) => bytes + value.length, 0);
}

function bytesDropped({ resolutions }: ConflictsAnswer): number {
  const values = resolutions.flatMap(({ dropped }) => dropped);
  return values.reduce((bytes, { value }) => bytes + (value?.length ?? 0), 0);
}

function checkNoView({ asList, version }: DataTarget): void {
  if (asList) throw invalid('siblings', 'there is no parameter "siblings" on writes');
  if (version !== undefined) throw invalid('version', 'there is no parameter "version" on writes');
}

/** Field by field: spreading the options cost a fifth of the whole handler. */
function putRequest(
  { namespace, explanation }: HttpExchange,
  key: string,
  change: Change,
  context: string | undefined,
  session: SessionToken | undefined,
  options: WriteRequestOptions,
): PutRequest {
  const { level, fallbacks, timeoutMilliseconds, durability, precondition } = options;
  return {
    namespace,
    key,
    level,
    fallbacks,
    timeoutMilliseconds,
    change,
    context,
    durability,
    session,
    precondition,
    explanation,
  };
}

/** For a command that a refusal proposes: nothing in it may end a quoted word of a shell. */
function addressOf(host: string | undefined, url: string): string {
  return `http://${host ?? 'HOST'}${url}`.slice(0, 300).replace(/[^\w.:/?=&%[\]~+-]/g, '');
}

/** What curl sends with `-d` alone is a POST. */
function notOfKeys(
  { request: { method } }: HttpExchange,
  { resource }: DataTarget,
  allow: readonly string[],
): OperatingError {
  const isPost = method === 'POST' && resource === 'value';
  return wrongMethod(method, allow, isPost ? WITH_PUT : undefined);
}
