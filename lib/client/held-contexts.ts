/** The contexts of a session: of each key the last one; where they are many, the newest. */

/** Of texts, which are about as many bytes. */
const CHARACTERS_MAX = 1024 * 1024;

export type HeldContext = readonly [namespace: string, key: string, context: string];

export class HeldContexts {
  /** In the order of their last change. */
  readonly #held = new Map<string, HeldContext>();
  readonly #charactersMax: number;
  #characters = 0;

  constructor(charactersMax = CHARACTERS_MAX) {
    this.#charactersMax = charactersMax;
  }

  get(namespace: string, key: string): string | undefined {
    return this.#held.get(idOf(namespace, key))?.[2];
  }

  set(namespace: string, key: string, context: string): void {
    const id = idOf(namespace, key);
    this.#remove(id);
    this.#held.set(id, [namespace, key, context]);
    this.#characters += id.length + context.length;
    for (const oldest of this.#held.keys()) {
      if (this.#characters <= this.#charactersMax) break;
      this.#remove(oldest);
    }
  }

  /** The oldest first. */
  get all(): HeldContext[] {
    return [...this.#held.values()];
  }

  #remove(id: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#held.delete(id);
    this.#characters -= id.length + held[2].length;
  }
}

/** Names of namespaces have no blank. */
function idOf(namespace: string, key: string): string {
  return `${namespace} ${key}`;
}
