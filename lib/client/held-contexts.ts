/**
 * The contexts of a session: of each key the last one; where they are many, the newest. A read that
 * left before a context of its key came may lack what was written since: it does not count.
 */

/** Of texts, which are about as many bytes. */
const CHARACTERS_MAX = 1024 * 1024;

export type HeldContext = readonly [namespace: string, key: string, context: string];

interface Held {
  readonly row: HeldContext;
  /** Of `now`, when it came. */
  readonly since: number;
}

export class HeldContexts {
  /** In the order of their last change. */
  readonly #held = new Map<string, Held>();
  readonly #charactersMax: number;
  #characters = 0;
  #changes = 0;

  constructor(charactersMax = CHARACTERS_MAX) {
    this.#charactersMax = charactersMax;
  }

  /** Counts the changes: for `setRead`, when a read leaves. */
  get now(): number {
    return this.#changes;
  }

  get(namespace: string, key: string): string | undefined {
    return this.#held.get(idOf(namespace, key))?.row[2];
  }

  /** Of a read. @param left what `now` was then */
  setRead(namespace: string, key: string, context: string, left: number): void {
    const held = this.#held.get(idOf(namespace, key));
    if (held === undefined || held.since <= left) this.set(namespace, key, context);
  }

  set(namespace: string, key: string, context: string): void {
    const id = idOf(namespace, key);
    this.#remove(id);
    this.#changes += 1;
    this.#held.set(id, { row: [namespace, key, context], since: this.#changes });
    this.#characters += id.length + context.length;
    for (const oldest of this.#held.keys()) {
      if (this.#characters <= this.#charactersMax) break;
      this.#remove(oldest);
    }
  }

  /** The oldest first. */
  get all(): HeldContext[] {
    return [...this.#held.values()].map(({ row }) => row);
  }

  #remove(id: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#held.delete(id);
    this.#characters -= id.length + held.row[2].length;
  }
}

/** Names of namespaces have no blank. */
function idOf(namespace: string, key: string): string {
  return `${namespace} ${key}`;
}
