/** The client for TypeScript programs: get, put, delete, and what a node tells of its cluster. */
import type { z } from 'zod';
import {
  endpointsOf,
  headerTextOf,
  jsonTextOf,
  storedOf,
  timeoutOf,
  unicodeOf,
} from './arguments.js';
import { Endpoints } from './endpoints.js';
import { HeldTokens } from './held-tokens.js';
import type {
  BatchOptions,
  ClientOptions,
  GetOptions,
  ListOptions,
  PutOptions,
  ReadOptions,
  Resolution,
  SessionOptions,
  WriteOptions,
} from './client-options.js';
import type { HttpAnswer, HttpRequest } from './http-exchange.js';
import { sendRequest } from './http-exchange.js';
import { basePathOf, pathOf, withQuery } from './key-path.js';
import { readControl, readGet, readWrite } from './read-answer.js';
import { readPage } from './read-list.js';
import { batchText, type BatchOperationRequest, readBatch, resultOf } from './batch.js';
import type {
  Batched,
  BatchRow,
  ControlResult,
  GetResult,
  KeyPage,
  ListedKey,
  Problem,
  StoredValue,
  WriteResult,
} from './results.js';

export type {
  BatchOptions,
  ClientOptions,
  GetOptions,
  ListOptions,
  PutOptions,
  ReadOptions,
  Resolution,
  SessionOptions,
  WriteOptions,
} from './client-options.js';
export { ArgumentError, json, type JsonValue } from './arguments.js';

/** A node without a deadline from us has its own; this is for the network to it. */
const PATIENCE_MILLISECONDS = 60_000;
/** What the way there and back may take above the deadline. */
const WAY_MILLISECONDS = 2000;
const SESSION_HEADER = 'x-session-token';
/** Begins a session at any level. */
const NEW_SESSION = 'new';
const OF_SESSIONS = /^\/api\/v1\/(?:namespaces\/[^/]+\/)?(?:kv|batch)(?:[/?]|$)/;
const NO_OPTIONS = {};

export class QuorateClient {
  protected readonly options: ClientOptions;
  readonly #endpoints: Endpoints;
  /** Of all that is about keys. */
  readonly #base: string;

  /** @throws ArgumentError, as every method does before anything is sent */
  constructor(options: ClientOptions) {
    this.options = { ...options, endpoints: endpointsOf(options.endpoints) };
    this.#endpoints = new Endpoints(this.options.endpoints);
    this.#base = basePathOf(options.namespace);
  }

  /** The same cluster; keys are those of the namespace. */
  namespace(namespace: string): QuorateClient {
    return new QuorateClient({ ...this.options, namespace });
  }

  /** Requests that share what they have seen, at any level (docs/consistency.md, Sessions). */
  session(options: SessionOptions = {}): QuorateSession {
    return new QuorateSession(this.options, options);
  }

  async get(key: string, options: GetOptions = NO_OPTIONS): Promise<GetResult> {
    const { readRepair, version } = options;
    const headers = { ...headersOf(options), ...headersFrom({ 'x-read-repair': readRepair }) };
    const path = withQuery(pathOf(`${this.#base}/kv`, key), { version });
    return this.#ask({ method: 'GET', path, headers }, options, readGet);
  }

  async put(
    key: string,
    value: StoredValue,
    options: PutOptions = NO_OPTIONS,
  ): Promise<WriteResult> {
    const stored = storedOf(value);
    const isJson = stored.kind === 'json';
    const headers = {
      ...headersOf(options),
      ...headersFrom({ 'x-ttl': options.ttl === undefined ? undefined : String(options.ttl) }),
      'content-type': isJson ? 'application/json' : stored.contentType,
      // These bytes are meant, whatever they look like.
      ...(isJson ? {} : { 'x-raw': '1' }),
    };
    const body = isJson ? `{"value":${stored.text}}` : stored.bytes;
    const path = pathOf(`${this.#base}/kv`, key);
    return this.#ask({ method: 'PUT', path, headers, body }, options, readWrite);
  }

  async delete(key: string, options: WriteOptions = NO_OPTIONS): Promise<WriteResult> {
    const request = { method: 'DELETE', path: pathOf(`${this.#base}/kv`, key) } as const;
    return this.#ask({ ...request, headers: headersOf(options) }, options, readWrite);
  }

  /**
   * All keys in order, page after page. What goes wrong is the last that comes: a problem, and
   * nothing behind it. No snapshot: see docs/consistency.md, Lists.
   */
  async *list(options: ListOptions = NO_OPTIONS): AsyncGenerator<ListedKey | Problem, void> {
    let { cursor } = options;
    do {
      const page: KeyPage | Problem = await this.listPage({ ...options, cursor });
      if (page.kind === 'problem') {
        yield page;
        return;
      }
      yield* page.keys;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  /** One page of it. */
  async listPage(options: ListOptions = NO_OPTIONS): Promise<KeyPage | Problem> {
    const { prefix, limit, cursor, values } = options;
    const path = withQuery(`${this.#base}/kv`, {
      ...{ prefix, cursor, values: values === true ? '1' : undefined },
      limit: limit === undefined ? undefined : String(limit),
    });
    return this.#ask({ method: 'GET', path, headers: headersOf(options) }, options, readPage);
  }

  /** Resolves the siblings that `context` shows; they must be what is there. */
  async resolve(
    key: string,
    resolution: Resolution,
    options: BatchOptions & { readonly context: string },
  ): Promise<WriteResult> {
    const { context, ...others } = options;
    const headers = { ...headersOf(others), 'content-type': 'application/json' };
    const how =
      resolution.kind === 'value'
        ? `"value":${jsonTextOf(resolution.text)}`
        : `"strategy":${JSON.stringify(unicodeOf(resolution.strategy, 'a strategy'))}`;
    const body = `{"context":${JSON.stringify(unicodeOf(context, 'a context'))},${how}}`;
    const path = pathOf(`${this.#base}/kv`, key, '/conflicts/resolve');
    return this.#ask({ method: 'POST', path, headers, body }, options, readWrite);
  }

  /** Many keys in one request; each operation succeeds or fails by itself. */
  async batch(
    operations: readonly BatchOperationRequest[],
    options: BatchOptions = NO_OPTIONS,
  ): Promise<Batched<GetResult | WriteResult> | Problem> {
    const batched = await this.batchText(batchText(operations), options);
    if (batched.kind === 'problem') return batched;
    const results = batched.results.map((row, i) => resultOf(row, operations[i]));
    return { ...batched, results };
  }

  /** The same of a JSON text that somebody else has written. */
  async batchText(
    body: string,
    options: BatchOptions = NO_OPTIONS,
  ): Promise<Batched<BatchRow> | Problem> {
    const headers = { ...headersOf(options), 'content-type': 'application/json' };
    const request = { method: 'POST', path: `${this.#base}/batch`, headers, body } as const;
    return this.#ask(request, options, readBatch);
  }

  /** A control request. `shape` is what the answer must be. */
  async control<Content>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    shape: z.ZodType<Content>,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ControlResult<Content>> {
    const typed: Record<string, string> = { ...headers };
    if (body !== undefined) typed['content-type'] = 'application/json';
    const request = {
      ...{ method, path, headers: typed },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    return this.#ask(request, NO_OPTIONS, (answer) => readControl(answer, shape));
  }

  async #ask<Result>(
    request: HttpRequest,
    { timeoutMilliseconds }: ReadOptions,
    read: (answer: HttpAnswer) => Result,
  ): Promise<Result | Problem> {
    const answer = await this.send(request, timeoutMilliseconds);
    return answer.kind === 'http' ? read(answer) : answer;
  }

  /** @param timeoutMilliseconds the deadline that the request names; undefined: none */
  protected send(
    request: HttpRequest,
    timeoutMilliseconds: number | undefined,
  ): Promise<HttpAnswer | Problem> {
    return sendRequest(request, {
      endpoints: this.#endpoints,
      timeoutMilliseconds:
        timeoutMilliseconds === undefined
          ? PATIENCE_MILLISECONDS
          : timeoutMilliseconds + WAY_MILLISECONDS,
    });
  }
}

/** A client whose requests, one after the other or together, see no less than was seen before. */
export class QuorateSession extends QuorateClient {
  readonly #held: HeldTokens<string>;
  readonly #onTokens: SessionOptions['onTokens'];

  /** Made by `QuorateClient.session`. */
  constructor(
    options: ClientOptions,
    { tokens = [], onTokens }: SessionOptions,
    held = new HeldTokens<string>(),
  ) {
    super(options);
    held.add(tokens.map((token) => headerTextOf(token, 'a session token')));
    this.#held = held;
    this.#onTokens = onTokens;
  }

  /** The same session: what was seen in one namespace counts in all. */
  override namespace(namespace: string): QuorateSession {
    const options = { ...this.options, namespace };
    return new QuorateSession(options, { onTokens: this.#onTokens }, this.#held);
  }

  /** To be kept, or handed to another session. */
  get tokens(): readonly string[] {
    return this.#held.all;
  }

  protected override async send(
    request: HttpRequest,
    timeoutMilliseconds: number | undefined,
  ): Promise<HttpAnswer | Problem> {
    if (!OF_SESSIONS.test(request.path)) return super.send(request, timeoutMilliseconds);
    const sent = this.#held.all;
    const tokens = sent.length === 0 ? NEW_SESSION : sent.join(', ');
    const headers = { ...request.headers, [SESSION_HEADER]: tokens };
    const answer = await super.send({ ...request, headers }, timeoutMilliseconds);
    const token = answer.kind === 'http' ? answer.header(SESSION_HEADER) : undefined;
    if (token !== undefined) {
      this.#held.answered(sent, token);
      await this.#onTokens?.(this.tokens);
    }
    return answer;
  }
}

function headersOf(options: WriteOptions): Record<string, string> {
  const { level, fallbacks = [], timeoutMilliseconds: timeout, context, durability } = options;
  const { ifMatch, ifNoneMatch } = options;
  return headersFrom({
    'x-consistency-level': level,
    'x-consistency-fallback': fallbacks.length === 0 ? undefined : fallbacks.join(', '),
    'x-timeout': timeout === undefined ? undefined : `${timeoutOf(timeout)}ms`,
    'x-causal-context': context,
    'x-durability': durability,
    'if-match': ifMatch,
    'if-none-match': ifNoneMatch,
  });
}

/** An empty one is refused, not left out: an empty context would be a blind write. */
function headersFrom(rows: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(rows).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, headerTextOf(value, name)]],
    ),
  );
}
