/** Requests that share what they have seen (docs/consistency.md, Sessions). */
import { ArgumentError, headerTextOf, unicodeOf } from './arguments.js';
import { checkOptions, SESSION_CHECKS } from './check-options.js';
import type { CallOptions, GetOptions, PutOptions, SessionOptions } from './client-options.js';
import type { SavedSession, WriteOptions } from './client-options.js';
import type { Connection, Reply } from './connection.js';
import { HeldContexts } from './held-contexts.js';
import { HeldTokens } from './held-tokens.js';
import { KeyValueRequests } from './requests.js';
import type { GetResult, Written } from './results.js';
import type { Storable, StorableOf } from './storable.js';
import type { HttpRequest } from './transport.js';

const SESSION_HEADER = 'x-session-token';
/** Begins a session at any level. */
const NEW_SESSION = 'new';
const OF_SESSIONS = /^\/api\/v1\/(?:namespaces\/[^/]+\/)?(?:kv|batch)(?:[/?]|$)/;
const DEFAULT_NAMESPACE = 'default';

interface Seen {
  readonly tokens: HeldTokens<string>;
  readonly contexts: HeldContexts;
}

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
    seen: Seen = { tokens: new HeldTokens(), contexts: new HeldContexts() },
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
    const read = await super.get<Value>(key, options);
    if (options.version === undefined) this.#note(key, read.context);
    return read;
  }

  override async put<Value extends Storable>(
    key: string,
    value: StorableOf<Value>,
    options: PutOptions = {},
  ): Promise<Written> {
    const written = await super.put<Value>(key, value, this.#withContext(key, options));
    this.#note(key, written.context);
    return written;
  }

  override async delete(key: string, options: WriteOptions = {}): Promise<Written> {
    const written = await super.delete(key, this.#withContext(key, options));
    this.#note(key, written.context);
    return written;
  }

  /** A condition says by itself what is replaced. */
  #withContext<Options extends WriteOptions>(key: string, options: Options): Options {
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

  #note(key: string, context: string | undefined): void {
    if (context === undefined || context === '') return;
    this.#seen.contexts.set(this.#namespace, key, context);
  }

  protected override async send(request: HttpRequest, call: CallOptions): Promise<Reply> {
    if (!OF_SESSIONS.test(request.path)) return this.#connection.send(request, call);
    const sent = this.tokens;
    const tokens = sent.length === 0 ? NEW_SESSION : sent.join(', ');
    const headers = { ...request.headers, [SESSION_HEADER]: tokens };
    const answer = await this.#connection.send({ ...request, headers }, call);
    const token = answer.kind === 'http' ? answer.header(SESSION_HEADER) : undefined;
    if (token !== undefined) {
      this.#seen.tokens.answered(sent, token);
      await this.#onTokens?.(this.tokens);
    }
    return answer;
  }
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
