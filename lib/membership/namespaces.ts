/** The namespaces of the cluster: they are agreed on as the settings are (M2). */
import type { KeyLists } from '../coordination/request.js';
import { OperatingError } from '../errors.js';
import { DEFAULT_NAMESPACE, isNamespaceName } from '../partitioning/namespace.js';
import { fieldOfNamespace, NO_RULES, type NamespaceRules } from './namespace-rules.js';
import { namespaceRules } from './namespace-rules.js';
import type { SettingsRegister } from './settings-register.js';
import type { ChangeOptions, SettingsAnswer } from './settings-types.js';

/** Each is a field of the settings, which every node holds in memory. */
const NAMESPACES_MAX = 1_000;

export interface NamespaceChange {
  readonly at: number;
  readonly node: string;
  readonly by: string;
  /** Null: it was not there. */
  readonly from: unknown;
  readonly to: unknown;
}

/** A change of a namespace that was made, or would be. */
export interface NamespaceAnswer extends Pick<SettingsAnswer, 'version' | 'nodes'> {
  readonly namespace: string;
  /** Undefined: it is not there any more. */
  readonly rules: NamespaceRules | undefined;
}

/** What the API needs. Changes reject with `settings_unavailable` where no majority is up. */
export interface NamespacesControl {
  /** The rules of a namespace as this node knows them. @throws OperatingError `not_found` */
  rulesOf(namespace: string): NamespaceRules;
  list(): ReadonlyMap<string, NamespaceRules>;
  put(namespace: string, rules: unknown, options: ChangeOptions): Promise<NamespaceAnswer>;
  /** Only where a list at quorum finds no key in it: else `namespace_not_empty`. */
  delete(namespace: string, options: ChangeOptions): Promise<NamespaceAnswer>;
  /** Newest first. */
  history(namespace: string): readonly NamespaceChange[];
}

export class Namespaces implements NamespacesControl {
  readonly #settings: SettingsRegister;
  readonly #keyLists: KeyLists;

  constructor(settings: SettingsRegister, keyLists: KeyLists) {
    this.#settings = settings;
    this.#keyLists = keyLists;
  }

  rulesOf(namespace: string): NamespaceRules {
    if (namespace === DEFAULT_NAMESPACE) return NO_RULES;
    const rules = this.#settings.namespaces.get(namespace);
    if (rules !== undefined) return rules;
    throw noSuch(namespace);
  }

  list(): ReadonlyMap<string, NamespaceRules> {
    return this.#settings.namespaces;
  }

  async put(namespace: string, rules: unknown, options: ChangeOptions): Promise<NamespaceAnswer> {
    assertMayChange(namespace);
    const valid = validRules(rules);
    const { version, nodes } = await this.#settings.changeInTurn((namespaces) => {
      if (!namespaces.has(namespace) && namespaces.size >= NAMESPACES_MAX) {
        throw new OperatingError('invalid_request', 'there are as many namespaces as may be', {
          details: { limit: NAMESPACES_MAX },
        });
      }
      return { [fieldOfNamespace(namespace)]: valid };
    }, options);
    return { namespace, rules: valid, version, nodes };
  }

  async delete(namespace: string, options: ChangeOptions): Promise<NamespaceAnswer> {
    assertMayChange(namespace);
    this.rulesOf(namespace);
    if (!(await this.#isEmpty(namespace, options))) {
      const message = 'the namespace holds keys: delete them first (quorate list names them)';
      throw new OperatingError('namespace_not_empty', message, { details: { namespace } });
    }
    const { version, nodes } = await this.#settings.changeInTurn((namespaces) => {
      if (!namespaces.has(namespace)) throw noSuch(namespace);
      return { [fieldOfNamespace(namespace)]: null };
    }, options);
    return { namespace, rules: undefined, version, nodes };
  }

  async #isEmpty(namespace: string, { timeoutMilliseconds }: ChangeOptions): Promise<boolean> {
    let cursor: string | undefined;
    do {
      const asked = { ...EMPTY_LIST, namespace, cursor, timeoutMilliseconds };
      const page = await this.#keyLists.list(asked);
      if (page.items.length > 0) return false;
      cursor = page.cursor;
    } while (cursor !== undefined);
    return true;
  }

  history(namespace: string): readonly NamespaceChange[] {
    const field = fieldOfNamespace(namespace);
    return this.#settings.history().flatMap(({ at, node, by, changed }) => {
      const change = changed[field];
      return change === undefined ? [] : [{ at, node, by, from: change.from, to: change.to }];
    });
  }
}

const EMPTY_LIST = {
  ...{ prefix: '', limit: 1, values: false, level: 'quorum', fallbacks: [] },
} as const;

function assertMayChange(namespace: string): void {
  if (namespace === DEFAULT_NAMESPACE) {
    const message = 'the default namespace is always there, under the settings of the cluster';
    throw new OperatingError('not_allowed', message, { details: { namespace } });
  }
  if (isNamespaceName(namespace)) return;
  throw new OperatingError(
    'invalid_request',
    'a namespace is named by 1 to 63 small letters, digits and hyphens',
    { details: { field: 'namespace', received: namespace.slice(0, 200) } },
  );
}

function noSuch(namespace: string): OperatingError {
  const name = namespace.slice(0, 200);
  const hint = `PUT /api/v1/namespaces/${name} or "quorate namespace put ${name}" makes it`;
  return new OperatingError('not_found', `there is no namespace "${name}"; ${hint}`, {
    details: { namespace: name },
  });
}

/** @throws OperatingError `invalid_request` that names the first field at fault */
function validRules(rules: unknown): NamespaceRules {
  const parsed = namespaceRules.safeParse(rules);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') || (issue?.code === 'unrecognized_keys' ? issue.keys[0] : '');
  throw new OperatingError('invalid_request', `${field}: ${issue?.message ?? 'invalid'}`, {
    details: { field },
  });
}
