/**
 * Makes few tokens of many. A request carries all tokens of its session, and each of many requests
 * together brings one of its own: a node would refuse such headers, and so each later request.
 */
import type { CallOptions } from './client-options.js';
import type { Connection } from './connection.js';
import type { HeldTokens } from './held-tokens.js';
import { onAbort } from './on-abort.js';
import type { Problem } from './quorate-error.js';
import { readProblem } from './read-answer.js';

export const SESSION_HEADER = 'x-session-token';
/** Of a request: a quarter of the headers that a node takes. A token has 4,096 at most. */
const CHARACTERS_MAX = 8192;
/** Any batch answers one token for all that came with it, whatever becomes of its operations. */
const MERGING = {
  method: 'POST',
  path: '/api/v1/batch',
  isRead: true,
  body: '{"operations":[{"op":"get","key":"session","level":"one"}]}',
} as const;

export class TokenMerger {
  readonly #tokens: HeldTokens<string>;
  #underWay: Promise<Problem | undefined> | undefined;

  constructor(tokens: HeldTokens<string>) {
    this.#tokens = tokens;
  }

  /**
   * Resolves when few enough are held; or when the call has no time left, or is given up.
   * @returns why they could not be merged
   */
  async fit(connection: Connection, call: CallOptions): Promise<Problem | undefined> {
    if (!this.#areTooMany) return undefined;
    this.#underWay ??= this.#merge(connection).finally(() => {
      this.#underWay = undefined;
    });
    return within(this.#underWay, call);
  }

  async #merge(connection: Connection): Promise<Problem | undefined> {
    while (this.#areTooMany) {
      const part = this.#part;
      const headers = { 'content-type': 'application/json', [SESSION_HEADER]: part.join(', ') };
      const reply = await connection.send({ ...MERGING, headers }, {});
      const token = reply.kind === 'http' ? reply.header(SESSION_HEADER) : undefined;
      if (token === undefined) {
        const problem = reply.kind === 'http' ? readProblem(reply) : reply;
        // Of the request that waits nothing was sent.
        return { ...problem, outcome: 'none' };
      }
      this.#tokens.answered(part, token);
    }
    return undefined;
  }

  get #areTooMany(): boolean {
    const { all } = this.#tokens;
    return all.length > 1 && charactersOf(all) > CHARACTERS_MAX;
  }

  /** The first ones that fit into one request; two at least. */
  get #part(): readonly string[] {
    const { all } = this.#tokens;
    let count = 2;
    while (count < all.length && charactersOf(all.slice(0, count + 1)) <= CHARACTERS_MAX)
      count += 1;
    return all.slice(0, count);
  }
}

/** As they are sent, with what is between them. */
function charactersOf(tokens: readonly string[]): number {
  return tokens.reduce((sum, token) => sum + token.length + 2, 0);
}

/** Undefined where the time of the call is over first, or its signal ends it. */
function within<Result>(
  work: Promise<Result>,
  { signal, timeoutMilliseconds: most }: CallOptions,
): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    const endWait = signal === undefined ? () => undefined : onAbort(signal, () => end(undefined));
    const timer = most === undefined ? undefined : setTimeout(() => end(undefined), most);
    const end = (result: Result | undefined): void => {
      clearTimeout(timer);
      endWait();
      resolve(result);
    };
    work.then(end, reject);
    if (signal?.aborted === true) end(undefined);
  });
}
