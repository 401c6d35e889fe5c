/** Who owns a key, by the ring that a node has sent: owners answer without asking the way. */
import { partitionOfKey } from './key-hash.js';

/** A key as a program names it. */
export interface NamedKey {
  readonly namespace: string;
  readonly key: string;
}

export interface KnownRing {
  readonly hash: string;
  /** Ids of nodes, of each partition, in their order. As many partitions as a power of two. */
  readonly owners: readonly (readonly string[])[];
}

const DEFAULT_NAMESPACE = 'default';
/** Of more, the owners are not looked for: each is one question now and then. */
const NAMESPACES_MAX = 32;

export class KeyOwners {
  #ring: KnownRing | undefined;
  /** Under which name the keys of a namespace are stored; undefined: not known yet. */
  readonly #stored = new Map<string, string | undefined>();

  /** Undefined: no ring is known yet. */
  get ringHash(): string | undefined {
    return this.#ring?.hash;
  }

  /** Those whose keys it was asked for. Not the default one, which is stored as it is called. */
  get namespaces(): readonly string[] {
    return [...this.#stored.keys()];
  }

  learnRing(ring: KnownRing): void {
    this.#ring = ring;
  }

  learnNamespace(namespace: string, stored: string): void {
    this.#stored.set(namespace, stored);
  }

  /** Ids of nodes, the first owner first; empty where it is not known. */
  of({ namespace, key }: NamedKey): readonly string[] {
    const stored = this.#storedAs(namespace);
    if (this.#ring === undefined || stored === undefined) return [];
    const { owners } = this.#ring;
    return owners[partitionOfKey(stored, key, owners.length)] ?? [];
  }

  #storedAs(namespace: string): string | undefined {
    if (namespace === DEFAULT_NAMESPACE) return namespace;
    const stored = this.#stored.get(namespace);
    if (this.#stored.size < NAMESPACES_MAX) this.#stored.set(namespace, stored);
    return stored;
  }
}
