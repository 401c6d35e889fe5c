/** `POST /api/v1/batch`: many operations in one request, each with its own answer (not atomic). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DEFAULT_NAMESPACE } from '../../partitioning/namespace.js';
import type { ApiWorld } from '../api-world.js';
import { batchBody, type BatchOperation, batchOperationsMax } from './batch-body.js';
import type { Explanation } from '../../coordination/request/explanation.js';
import { explanationOfOne } from './explained.js';
import { type BatchHeaders, runBatch } from './batch-run.js';
import type { HttpExchange, HttpExchangeKind, HttpExchanges } from './exchange.js';
import { changeParts, payloadOf } from './idempotency-key.js';
import { checkJsonType } from './media-type.js';
import { parseQuery } from './query.js';
import { checkEncoding, readBody } from './read-body.js';
import { invalid, wrongMethod } from './refusals.js';
import type { HttpReply } from './reply.js';
import type { RequestHeaders } from './request-headers.js';
import { readOptions, type RequestLimits, writeOptions } from './request-options.js';

const PATH = '/api/v1/batch';
const KIND: HttpExchangeKind = {
  ...{ operation: 'batch', reads: false, shed: true, explains: true, route: PATH },
};

export function isBatchPath(url: string): boolean {
  return url.startsWith(PATH) && (url.length === PATH.length || url[PATH.length] === '?');
}

export class BatchPath {
  readonly #world: ApiWorld;
  readonly #exchanges: HttpExchanges;

  constructor(world: ApiWorld, exchanges: HttpExchanges) {
    this.#world = world;
    this.#exchanges = exchanges;
  }

  /** @param url path and query as they were sent; `isBatchPath` holds. Never rejects. */
  serve(
    request: IncomingMessage,
    response: ServerResponse,
    url: string,
    namespace = DEFAULT_NAMESPACE,
  ): void {
    void this.#exchanges.serve(request, response, url, KIND, (exchange) => {
      exchange.namespace = namespace;
      return this.#post(exchange, namespace);
    });
  }

  async #post(exchange: HttpExchange, namespace: string): Promise<HttpReply> {
    const { request, url, headers } = exchange;
    if (request.method !== 'POST') throw wrongMethod(request.method, ['POST']);
    parseQuery(url.slice(PATH.length + 1), []);
    const { limits, node } = this.#world;
    const { coordination } = node;
    const options = batchHeaders(headers, limits);
    const { sessionToken } = options.read;
    const session = sessionToken === undefined ? undefined : coordination.openSession(sessionToken);
    const { admission, turns } = this.#exchanges;
    const room = { bytesMax: limits.batchBytesMax, admission, turns };
    const operations = await readBody(exchange, room, (bytes) =>
      batchBody(bytes, batchOperationsMax(limits), namespace),
    );
    this.#takeRates(exchange, operations);
    const left = this.#exchanges.left(exchange, options.read.timeoutMilliseconds);
    const timeoutMilliseconds = left ?? limits.timeoutDefaultMilliseconds;
    const deadline = this.#world.clock.monotonicMilliseconds() + timeoutMilliseconds;
    const { idempotencyKey: id } = options.write;
    if (id !== undefined) {
      const writes = operations.flatMap(({ change }, i) => (change === undefined ? [] : [i]));
      const payload = batchPayload(namespace, options, operations);
      await node.operations.bind({ id, payload, timeoutMilliseconds }, writes);
    }
    // The exchange has entered for one of them.
    const others = operations.length - 1;
    admission.enter(others);
    try {
      const run = { world: this.#world, exchanges: this.#exchanges, exchange, session, deadline };
      const explain = (): Explanation | undefined =>
        explanationOfOne(exchange, this.#world, operations.length);
      return await runBatch({ ...run, ...options, explain }, operations);
    } finally {
      admission.leave(others);
    }
  }

  /** Each operation counts in its namespace, as the same request alone would. */
  #takeRates(exchange: HttpExchange, operations: readonly BatchOperation[]): void {
    const counts = new Map<string, number>();
    for (const { namespace } of operations) {
      counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
    }
    this.#exchanges.rateLimits.takeBatch(exchange, counts);
  }
}

function batchPayload(
  namespace: string,
  { write }: BatchHeaders,
  operations: readonly BatchOperation[],
): string {
  const { level, fallbacks, durability } = write;
  const said = ['batch', namespace, level ?? null, fallbacks, durability ?? null];
  const parts = operations.map(({ change, ...operation }) => [
    ...[operation.op, operation.namespace, operation.key, operation.level ?? null],
    ...[operation.context ?? null, operation.precondition ?? null],
    change === undefined ? null : changeParts(change),
  ]);
  return payloadOf([...said, ...parts]);
}

/** What the headers say of all operations. @throws OperatingError before the body is read */
function batchHeaders(headers: RequestHeaders, limits: RequestLimits): BatchHeaders {
  const ofOneKey = { ifMatch: undefined, ifNoneMatch: undefined };
  const read = readOptions({ ...headers, ...ofOneKey, idempotencyKey: undefined }, limits);
  const write = writeOptions(
    { ...headers, ...ofOneKey, readRepair: undefined, maxStaleness: undefined },
    limits,
  );
  checkJsonType(headers.contentType);
  checkEncoding(headers.contentEncoding);
  for (const [name, value] of Object.entries({
    'x-causal-context': headers.context,
    'x-ttl': headers.ttl,
    'x-raw': headers.raw,
    'if-match': headers.ifMatch,
    'if-none-match': headers.ifNoneMatch,
  })) {
    if (value === undefined) continue;
    throw invalid(name, `${name} is of one key: an operation has a member for it`, value);
  }
  return { read, write };
}
