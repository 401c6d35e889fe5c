/** Requests that share what they have seen (docs/consistency.md, Sessions). */
import { ArgumentError, headerTextOf, unicodeOf } from './arguments.js';
import { checkOptions, SESSION_CHECKS } from './check-options.js';
import { type BatchOf, type BatchOperationRequest, operationsIn } from './batch.js';
import type { BatchOptions, CallOptions, GetOptions, ParseOptions } from './client-options.js';
import type { PutOptions, Resolution, SavedSession, SessionOptions } from './client-options.js';
import type { WriteOptions } from './client-options.js';
import type { Connection, Reply } from './connection.js';
import { HeldContexts } from './held-contexts.js';
import { HeldTokens } from './held-tokens.js';
import { fieldsOf, optionalText } from './fields.js';
import { KeyValueRequests } from './requests.js';
import type { Batched, BatchResult, BatchRow, GetResult, Written } from './results.js';
import type { Storable, StorableOf } from './storable.js';
import { SESSION_HEADER, TokenMerger } from './token-merger.js';
import type { HttpRequest } from './transport.js';

/** Begins a session at any level. */
const NEW_SESSION = 'new';
const OF_SESSIONS = /^\/api\/v1\/(?:namespaces\/[^/]+\/)?(?:kv|batch)(?:[/?]|$)/;
/** Promises no snapshot: it is of no session. */
const LIST = /\/kv(?:\?(?!(?:.*&)?key=)|$)/;
const DEFAULT_NAMESPACE = 'default';
/** Answers to a read that shows what a key holds. */
const READ_CODES: ReadonlySet<string | undefined> = new Set([undefined, 'siblings', 'not_found']);

class Seen {
  readonly tokens = new HeldTokens<string>();
  readonly merger = new TokenMerger(this.tokens);
  readonly contexts = new HeldContexts();
}

type Conditions = Pick<WriteOptions, 'context' | 'ifMatch' | 'ifNoneMatch'>;

/**
 * Its requests, one after the other or together, see no less than was seen before; and a write
 * replaces what the session has seen of its key, and no more: it sends the context that the last
 * read or write of the key came with. `JSON.stringify` keeps it; `saved` of the options goes on.
 */
export class QuorateSession extends KeyValueRequests {
  readonly #connection: Connection;
  readonly #namespace: string;
  readonly #seen: Seen;
  readonly #onTokens: SessionOptions['onTokens'];

  /** Made by `QuorateClient.session`. @throws ArgumentError where `saved` is none */
  constructor(
    namespace: string | undefined,
    connection: Connection,
    options: SessionOptions,
    seen = new Seen(),
  ) {
    checkOptions(options, SESSION_CHECKS, 'a session');
    super(namespace);
    const { tokens = [], saved, onTokens } = options;
    this.#connection = connection;
    this.#namespace = namespace ?? DEFAULT_NAMESPACE;
    this.#seen = seen;
    this.#onTokens = onTokens;
    const kept = saved === undefined ? { tokens: [], contexts: [] } : savedOf(saved);
    const all = [...tokens, ...kept.tokens];
    seen.tokens.add(all.map((token) => headerTextOf(token, 'a session token')));
    for (const [of, key, context] of kept.contexts) seen.contexts.set(of, key, context);
  }

  /** The same session: what was seen in one namespace counts in all. */
  namespace(namespace: string): QuorateSession {
    const options = { onTokens: this.#onTokens };
    return new QuorateSession(namespace, this.#connection, options, this.#seen);
  }

  /** To be kept, or handed to another session. */
  get tokens(): readonly string[] {
    return this.#seen.tokens.all;
  }

  /** All of it, to be stored. */
  toJSON(): SavedSession {
    return { session: 1, tokens: [...this.tokens], contexts: this.#seen.contexts.all };
  }

  override async get<Value = unknown>(
    key: string,
    options: GetOptions<Value> = {},
  ): Promise<GetResult<Value>> {
    const left = this.#seen.contexts.now;
    const read = await super.get<Value>(key, options);
    if (options.version === undefined) this.#noteRead(this.#namespace, key, read.context, left);
    return read;
  }

  override async put<Value extends Storable>(
    key: string,
    value: StorableOf<Value>,
    options: PutOptions = {},
  ): Promise<Written> {
    const written = await super.put<Value>(key, value, this.#withContext(key, options));
    this.#noteWrite(this.#namespace, key, written.context);
    return written;
  }

  override async delete(key: string, options: WriteOptions = {}): Promise<Written> {
    const written = await super.delete(key, this.#withContext(key, options));
    this.#noteWrite(this.#namespace, key, written.context);
    return written;
  }

  override async resolve<Value = unknown>(
    key: string,
    resolution: Resolution<Value>,
    options: BatchOptions & { readonly context: string },
  ): Promise<Written> {
    const written = await super.resolve<Value>(key, resolution, options);
    this.#noteWrite(this.#namespace, key, written.context);
    return written;
  }

  override async batch<
    Value = unknown,
    Operations extends readonly BatchOperationRequest[] = readonly BatchOperationRequest[],
  >(
    operations: Operations & BatchOf<Operations>,
    options: BatchOptions & ParseOptions<Value> = {},
  ): Promise<Batched<BatchResult<Value>>> {
    const given: readonly BatchOperationRequest[] = Array.isArray(operations) ? operations : [];
    const seen = given.map((one) =>
      one?.kind === 'put' || one?.kind === 'delete' ? this.#withContext(one.key, one) : one,
    );
    return super.batch<Value>(Array.isArray(operations) ? seen : operations, options);
  }

  /** The text goes as it is: it has the contexts that somebody else has put into it. */
  override async batchText(body: string, options: BatchOptions = {}): Promise<Batched<BatchRow>> {
    const left = this.#seen.contexts.now;
    const batched = await super.batchText(body, options);
    const operations = operationsIn(body);
    for (const [i, { code, text }] of batched.results.entries()) {
      const { op, key, namespace = this.#namespace } = operations[i] ?? {};
      if (typeof key !== 'string' || typeof namespace !== 'string') continue;
      const context = optionalText(fieldsOf(JSON.parse(text)), 'context');
      if (op !== 'get') {
        if (code === undefined) this.#noteWrite(namespace, key, context);
      } else if (READ_CODES.has(code)) this.#noteRead(namespace, key, context, left);
    }
    return batched;
  }

  /** A condition says by itself what is replaced. */
  #withContext<Options extends Conditions>(key: string, options: Options): Options {
    // Nothing of it counts where it is no object: it is refused.
    const { context, ifMatch, ifNoneMatch } = options ?? {};
    const isConditional =
      context !== undefined || ifMatch !== undefined || ifNoneMatch !== undefined;
    const seen =
      isConditional || typeof options !== 'object'
        ? undefined
        : this.#seen.contexts.get(this.#namespace, key);
    return seen === undefined ? options : { ...options, context: seen };
  }

  /** @param left of the contexts, when the read left */
  #noteRead(namespace: string, key: string, context: string | undefined, left: number): void {
    if (!context) return;
    this.#seen.contexts.setRead(namespace, key, context, left);
  }

  #noteWrite(namespace: string, key: string, context: string | undefined): void {
    if (!context) return;
    this.#seen.contexts.set(namespace, key, context);
  }

  protected override async send(request: HttpRequest, call: CallOptions): Promise<Reply> {
    if (!isOfSessions(request)) return this.#connection.send(request, call);
    const begun = performance.now();
    const refusal = await this.#seen.merger.fit(this.#connection, call);
    if (refusal !== undefined) return refusal;
    const sent = this.tokens;
    const tokens = sent.length === 0 ? NEW_SESSION : sent.join(', ');
    const headers = { ...request.headers, [SESSION_HEADER]: tokens };
    const answer = await this.#connection.send({ ...request, headers }, leftOf(call, begun));
    const token = answer.kind === 'http' ? answer.header(SESSION_HEADER) : undefined;
    if (token !== undefined) {
      this.#seen.tokens.answered(sent, token);
      await this.#onTokens?.(this.tokens);
    }
    return answer;
  }
}

function isOfSessions({ method, path }: HttpRequest): boolean {
  return OF_SESSIONS.test(path) && !(method === 'GET' && LIST.test(path));
}

/** Where nothing is left, it ends before anything is sent. */
function leftOf(call: CallOptions, begun: number): CallOptions {
  const { timeoutMilliseconds: whole } = call;
  if (whole === undefined) return call;
  const left = whole - (performance.now() - begun);
  return { ...call, timeoutMilliseconds: Math.max(Number.MIN_VALUE, left) };
}

/** It comes from a disk. */
function savedOf(saved: SavedSession): SavedSession {
  const { session, tokens, contexts } = (saved ?? {}) as Partial<SavedSession>;
  if (session !== 1 || !Array.isArray(tokens) || !Array.isArray(contexts)) {
    throw new ArgumentError('saved is no session: it is what JSON.parse makes of a stored one');
  }
  for (const row of contexts) {
    if (!Array.isArray(row) || row.length !== 3) throw new ArgumentError('saved has no contexts');
    for (const text of row) unicodeOf(text, 'a text of a saved session');
  }
  return saved;
}
