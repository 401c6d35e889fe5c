/**
 * The namespaces in which the clients of a simulation have a share of their keys: which are there,
 * and under which rules. One that was deleted and made anew is another one, with other keys.
 */
import type { NamespaceRules } from '../../lib/membership/namespace-rules.js';
import { DEFAULT_NAMESPACE } from '../../lib/partitioning/namespace.js';
import { askedNamespace, nameOf, placeOf } from './key-names.js';
import type { Durability } from './kv-request.js';
import type { Machine } from './machine.js';
import type { SettingsLog } from './settings-log.js';

export interface WorkloadNamespacesOptions {
  readonly settings: Pick<SettingsLog, 'possible'>;
  /** Of the default namespace. */
  readonly keys: readonly string[];
  /** By the name of a namespace, as clients know it: what its keys are called there. */
  readonly others: ReadonlyMap<string, readonly string[]>;
}

export class WorkloadNamespaces {
  readonly #options: WorkloadNamespacesOptions;
  /** By name: where it is stored now. Nobody asks for the keys of those that are not in here. */
  readonly #open = new Map<string, string>();
  /** By the namespace as it is stored; they stay as they are until it is deleted. */
  readonly #rules = new Map<string, NamespaceRules>();

  constructor(options: WorkloadNamespacesOptions) {
    this.#options = options;
  }

  get names(): readonly string[] {
    return [...this.#options.others.keys()];
  }

  /** Those that are there, as they are stored; the default one is among them. */
  get stored(): readonly string[] {
    return [DEFAULT_NAMESPACE, ...this.#open.values()];
  }

  /** All keys that may be asked for now. */
  get keys(): readonly string[] {
    const { keys, others } = this.#options;
    const named = [...this.#open].flatMap(([name, namespace]) =>
      (others.get(name) ?? []).map((key) => nameOf({ namespace, key })),
    );
    return [...keys, ...named];
  }

  isThere(name: string): boolean {
    return this.#open.has(name);
  }

  /** Is it one of these, of any time? */
  owns(stored: string): boolean {
    return stored === DEFAULT_NAMESPACE || this.#options.others.has(askedNamespace(stored));
  }

  /** @returns false: keys of it were stored before */
  open(stored: string, rules: NamespaceRules): boolean {
    if (this.#rules.has(stored)) return false;
    this.#rules.set(stored, rules);
    this.#open.set(askedNamespace(stored), stored);
    return true;
  }

  close(name: string): void {
    this.#open.delete(name);
  }

  /**
   * Does a request at this machine mean these keys? Not where its node still knows a namespace of
   * which others know that it was deleted: it serves the keys of the former until it learns of it.
   */
  isAskable({ node }: Machine, keys: readonly string[]): boolean {
    return keys.every((key) => {
      const { namespace } = placeOf(key);
      if (namespace === DEFAULT_NAMESPACE) return true;
      const name = askedNamespace(namespace);
      const known = node?.namespaces.known(name)?.stored ?? namespace;
      return this.#open.get(name) === namespace && known === namespace;
    });
  }

  /** All values that a field may have for the key: its namespace beats the cluster. */
  possible(key: string, field: keyof NamespaceRules): unknown[] {
    const { [field]: rule } = this.#rulesOf(key);
    return rule === undefined ? this.#options.settings.possible(field) : [rule];
  }

  /** What an acknowledgement means where a write does not say. */
  durabilityOf(key: string): Durability {
    return this.#rulesOf(key).durability ?? 'sync';
  }

  /** Of values that are put without a time to live; undefined: they do not end. */
  ttlOf(key: string): number | undefined {
    return this.#rulesOf(key).default_ttl_s;
  }

  /** By the rule of a namespace that is there; undefined: as the cluster keeps them. */
  versionsKeptOf(stored: string): number | undefined {
    const isThere = this.stored.includes(stored);
    return isThere ? this.#rules.get(stored)?.versions_kept : undefined;
  }

  #rulesOf(key: string): NamespaceRules {
    return this.#rules.get(placeOf(key).namespace) ?? {};
  }
}
