/** What a client has seen of each key, the latest last. */
import type { Token } from './kv-client.js';

const TOKENS_KEPT = 4;

export class KeptTokens {
  readonly #ofKeys = new Map<string, Token[]>();

  of(key: string): readonly Token[] {
    return this.#ofKeys.get(key) ?? [];
  }

  keep(key: string, token: Token): void {
    this.#ofKeys.set(key, [...this.of(key), token].slice(-TOKENS_KEPT));
  }
}
