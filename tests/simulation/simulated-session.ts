/** A session of a simulated client: the tokens that it holds, and whose answers had them. */
import { HeldTokens } from '../../lib/client/held-tokens.js';

export interface CarriedToken {
  readonly text: string;
  /** The reads and writes that were answered with it. */
  readonly steps: readonly string[];
}

export class SimulatedSession {
  readonly #held = new HeldTokens<CarriedToken>();

  /** Undefined: it holds none yet. */
  get header(): string | undefined {
    const texts = this.#held.all.map(({ text }) => text);
    return texts.length === 0 ? undefined : texts.join(', ');
  }

  /** What is sent with a request that leaves now. */
  get sent(): readonly CarriedToken[] {
    return this.#held.all;
  }

  answered(sent: readonly CarriedToken[], token: CarriedToken): void {
    this.#held.answered(sent, token);
  }

  /** Goes on from what another session has seen, too. */
  join(other: SimulatedSession): void {
    this.#held.add(other.sent.filter((token) => !this.sent.includes(token)));
  }
}

export function stepsOf(tokens: readonly CarriedToken[]): string[] {
  return [...new Set(tokens.flatMap(({ steps }) => steps))];
}
