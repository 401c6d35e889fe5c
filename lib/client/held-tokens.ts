/**
 * The tokens of a session, as a client keeps them: a request sends all, and its answer replaces
 * exactly those. Requests may be under way together: the last answer must not undo the others.
 */
export class HeldTokens<Token> {
  #held: readonly Token[];

  constructor(held: readonly Token[] = []) {
    this.#held = held;
  }

  /** What a request is to send. */
  get all(): readonly Token[] {
    return this.#held;
  }

  /** From elsewhere: another session, or an earlier run. */
  add(tokens: readonly Token[]): void {
    this.#held = [...this.#held, ...tokens];
  }

  /** @param sent what `all` was when the request left */
  answered(sent: readonly Token[], token: Token): void {
    this.#held = [...this.#held.filter((one) => !sent.includes(one)), token];
  }
}
