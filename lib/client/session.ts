/** Requests that share what they have seen (docs/consistency.md, Sessions). */
import { headerTextOf } from './arguments.js';
import type { CallOptions, SessionOptions } from './client-options.js';
import type { Connection, Reply } from './connection.js';
import { HeldTokens } from './held-tokens.js';
import { KeyValueRequests } from './requests.js';
import type { HttpRequest } from './transport.js';

const SESSION_HEADER = 'x-session-token';
/** Begins a session at any level. */
const NEW_SESSION = 'new';
const OF_SESSIONS = /^\/api\/v1\/(?:namespaces\/[^/]+\/)?(?:kv|batch)(?:[/?]|$)/;

/** Its requests, one after the other or together, see no less than was seen before. */
export class QuorateSession extends KeyValueRequests {
  readonly #connection: Connection;
  readonly #held: HeldTokens<string>;
  readonly #onTokens: SessionOptions['onTokens'];

  /** Made by `QuorateClient.session`. */
  constructor(
    namespace: string | undefined,
    connection: Connection,
    { tokens = [], onTokens }: SessionOptions,
    held = new HeldTokens<string>(),
  ) {
    super(namespace);
    this.#connection = connection;
    held.add(tokens.map((token) => headerTextOf(token, 'a session token')));
    this.#held = held;
    this.#onTokens = onTokens;
  }

  /** The same session: what was seen in one namespace counts in all. */
  namespace(namespace: string): QuorateSession {
    const options = { onTokens: this.#onTokens };
    return new QuorateSession(namespace, this.#connection, options, this.#held);
  }

  /** To be kept, or handed to another session. */
  get tokens(): readonly string[] {
    return this.#held.all;
  }

  protected override async send(
    request: HttpRequest,
    call: CallOptions,
  ): Promise<Reply> {
    if (!OF_SESSIONS.test(request.path)) return this.#connection.send(request, call);
    const sent = this.#held.all;
    const tokens = sent.length === 0 ? NEW_SESSION : sent.join(', ');
    const headers = { ...request.headers, [SESSION_HEADER]: tokens };
    const answer = await this.#connection.send({ ...request, headers }, call);
    const token = answer.kind === 'http' ? answer.header(SESSION_HEADER) : undefined;
    if (token !== undefined) {
      this.#held.answered(sent, token);
      await this.#onTokens?.(this.tokens);
    }
    return answer;
  }
}
