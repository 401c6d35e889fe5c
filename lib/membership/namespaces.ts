/** The namespaces of the cluster: they are agreed on as the settings are (M2, N1 to N4). */
import type { KeyLists } from '../coordination/request/request.js';
import { byDeadline, timeLeft } from '../environment/by-deadline.js';
import type { Clock } from '../environment/clock.js';
import { OperatingError } from '../errors.js';
import { DEFAULT_NAMESPACE, isNamespaceName } from '../partitioning/namespace.js';
import {
  assertDefaultsAllowed,
  type EffectiveRules,
  fieldOfNamespace,
  type NamespaceField,
  type NamespaceRules,
  validRules,
} from './namespace-rules.js';
import type { SettingsRegister } from './settings-register.js';
import type { ChangedSettings, LiveNamespace, SettingsState } from './settings-state.js';
import type { ChangeOptions, SettingsAnswer } from './settings-types.js';

/** Each is a field of the settings, which every node holds in memory. */
const NAMESPACES_MAX = 1_000;
/** Those that were deleted are remembered: their keys must not come back. */
const EVER_MADE_MAX = 4_000;

export interface NamespaceChange {
  readonly at: number;
  readonly node: string;
  readonly by: string;
  /** Null: it was not there. */
  readonly from: NamespaceRules | null;
  readonly to: NamespaceRules | null;
}

export interface NamespaceView {
  readonly namespace: string;
  /** As they were given. */
  readonly rules: NamespaceRules;
  /** With what they leave out, as it is in the cluster. */
  readonly effective: EffectiveRules;
  /** Of the settings. */
  readonly version: string;
}

/** A change of a namespace that was made, or would be. */
export interface NamespaceAnswer extends Pick<SettingsAnswer, 'version' | 'nodes'> {
  readonly namespace: string;
  /** At that version. Undefined: it is not there then; it may be others who deleted or made it. */
  readonly rules: NamespaceRules | undefined;
}

export interface NamespaceChangeOptions extends ChangeOptions {
  /** Only where there is none of the name; else `precondition_failed`. */
  readonly ifAbsent?: boolean | undefined;
}

export interface NamespaceDeleteOptions extends ChangeOptions {
  /** Also where it holds keys: they end with it. */
  readonly withKeys: boolean;
}

/** What the API needs. Changes reject with `settings_unavailable` where no majority is up. */
export interface NamespacesControl {
  /**
   * The rules of a namespace. One that this node does not know is asked for at a majority.
   * Rejects with `namespace_not_found`; or `namespace_unknown`, where nobody can be asked.
   */
  view(namespace: string): Promise<NamespaceView>;
  /** What holds in it; undefined: this node does not know it. Every request asks. */
  effective(namespace: string): EffectiveRules | undefined;
  /** As this node knows them; the default one first. */
  list(): readonly NamespaceView[];
  /** The namespace of its keys where they are stored (N2). Rejects as `view` does. */
  stored(namespace: string): Promise<string>;
  put(namespace: string, rules: unknown, options: NamespaceChangeOptions): Promise<NamespaceAnswer>;
  /** `namespace_not_empty` where a list at quorum finds a key, unless they are to end with it. */
  delete(namespace: string, options: NamespaceDeleteOptions): Promise<NamespaceAnswer>;
  /** Newest first. */
  history(namespace: string): readonly NamespaceChange[];
}

export interface NamespacesOptions {
  readonly settings: SettingsRegister;
  /** Of stored namespaces. */
  readonly keyLists: KeyLists;
  readonly clock: Clock;
  readonly timeoutDefaultMilliseconds: number;
}

export class Namespaces implements NamespacesControl {
  readonly #options: NamespacesOptions;
  readonly #settings: SettingsRegister;

  constructor(options: NamespacesOptions) {
    this.#options = options;
    this.#settings = options.settings;
  }

  /** Undefined: it is not there, as far as this node knows. */
  known(namespace: string): LiveNamespace | undefined {
    const { state } = this.#settings;
    if (namespace === DEFAULT_NAMESPACE) return state.defaultNamespace;
    return state.namespaces.get(namespace);
  }

  /** Of a namespace that is not known here: settings travel, and it may be on its way. */
  async find(namespace: string): Promise<LiveNamespace> {
    const known = this.known(namespace);
    if (known !== undefined) return known;
    try {
      if (isNamespaceName(namespace)) await this.#settings.refresh();
    } catch (error) {
      throw notHeardOf(namespace, error);
    }
    const found = this.known(namespace);
    if (found === undefined) throw notFound(namespace);
    return found;
  }

  async stored(namespace: string): Promise<string> {
    return (await this.find(namespace)).stored;
  }

  async view(namespace: string): Promise<NamespaceView> {
    return this.#viewOf(namespace, await this.find(namespace));
  }

  effective(namespace: string): EffectiveRules | undefined {
    return this.known(namespace)?.effective;
  }

  list(): readonly NamespaceView[] {
    const { defaultNamespace, namespaces } = this.#settings.state;
    const all = [[DEFAULT_NAMESPACE, defaultNamespace] as const, ...namespaces];
    return all.map(([namespace, live]) => this.#viewOf(namespace, live));
  }

  #viewOf(namespace: string, { rules, effective }: LiveNamespace): NamespaceView {
    return { namespace, rules, effective, version: this.#settings.state.version };
  }

  async put(
    namespace: string,
    rules: unknown,
    options: NamespaceChangeOptions,
  ): Promise<NamespaceAnswer> {
    assertMayChange(namespace);
    const valid = validRules(rules);
    const changed = await this.#settings.changeInTurn((before) => {
      assertDefaultsAllowed(before.settings, valid);
      if (options.ifAbsent === true && before.namespaces.has(namespace)) {
        const message = `there is a namespace "${namespace}" already`;
        throw new OperatingError('precondition_failed', message, { details: { namespace } });
      }
      return { [fieldOfNamespace(namespace)]: fieldAfter(before, namespace, valid) };
    }, options);
    return answerOf(namespace, changed);
  }

  /** All of it has the time of one request: nothing is deleted after it. */
  async delete(namespace: string, options: NamespaceDeleteOptions): Promise<NamespaceAnswer> {
    assertMayChange(namespace);
    const { clock, timeoutDefaultMilliseconds } = this.#options;
    const { timeoutMilliseconds = timeoutDefaultMilliseconds } = options;
    const deadline = clock.monotonicMilliseconds() + timeoutMilliseconds;
    const found = this.find(namespace);
    const { stored } = await byDeadline(clock, found, deadline, notDeletedInTime);
    if (!options.withKeys && !(await this.#isEmpty(stored, deadline))) {
      const message = 'the namespace holds keys: delete them first, or with it (with_keys=1)';
      throw new OperatingError('namespace_not_empty', message, { details: { namespace } });
    }
    const left = timeLeft(clock, deadline, notDeletedInTime);
    const changed = await this.#settings.changeInTurn(
      (before) => {
        const field = before.everMade.get(namespace);
        // What was made anew meanwhile is another one.
        if (field === undefined || before.namespaces.get(namespace)?.stored !== stored) {
          throw notFound(namespace);
        }
        const ended: NamespaceField = { ...field, rules: null };
        return { [fieldOfNamespace(namespace)]: ended };
      },
      { ...options, timeoutMilliseconds: left },
    );
    return answerOf(namespace, changed);
  }

  async #isEmpty(namespace: string, deadline: number): Promise<boolean> {
    let cursor: string | undefined;
    do {
      const timeoutMilliseconds = timeLeft(this.#options.clock, deadline, notDeletedInTime);
      const asked = { ...EMPTY_LIST, namespace, cursor, timeoutMilliseconds };
      const page = await this.#options.keyLists.list(asked);
      if (page.items.length > 0) return false;
      cursor = page.cursor;
    } while (cursor !== undefined);
    return true;
  }

  history(namespace: string): readonly NamespaceChange[] {
    const field = fieldOfNamespace(namespace);
    return this.#settings.history().flatMap(({ at, node, by, changed }) => {
      const change = changed[field];
      if (change === undefined) return [];
      return [{ at, node, by, from: rulesIn(change.from), to: rulesIn(change.to) }];
    });
  }
}

/** Rules and version of one state: who goes on from that version has seen these rules. */
function answerOf(namespace: string, { state, nodes }: ChangedSettings): NamespaceAnswer {
  return {
    namespace,
    rules: state.namespaces.get(namespace)?.rules,
    version: state.version,
    nodes,
  };
}

const EMPTY_LIST = {
  ...{ prefix: '', limit: 1, values: false, level: 'quorum', fallbacks: [] },
} as const;

/** @throws OperatingError `invalid_request`: there are as many as may be */
function fieldAfter(
  { namespaces, everMade }: SettingsState,
  namespace: string,
  rules: NamespaceRules,
): NamespaceField {
  const field = everMade.get(namespace);
  const limits = [
    { is: namespaces.size, limit: NAMESPACES_MAX, isNew: !namespaces.has(namespace) },
    { is: everMade.size, limit: EVER_MADE_MAX, isNew: field === undefined },
  ];
  for (const { is, limit, isNew } of limits) {
    if (!isNew || is < limit) continue;
    const message = 'there are as many namespaces as may be, those that were deleted among them';
    throw new OperatingError('invalid_request', message, { details: { limit } });
  }
  if (field === undefined) return { generation: 1, rules };
  return { generation: field.rules === null ? field.generation + 1 : field.generation, rules };
}

function rulesIn(value: unknown): NamespaceRules | null {
  return (value as NamespaceField | null)?.rules ?? null;
}

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

function notFound(namespace: string): OperatingError {
  const name = namespace.slice(0, 200);
  const hint = `PUT /api/v1/namespaces/${name} or "quorate namespace create ${name}" makes it`;
  return new OperatingError('namespace_not_found', `there is no namespace "${name}"; ${hint}`, {
    details: { namespace: name },
  });
}

function notDeletedInTime(): OperatingError {
  const message = 'the namespace was not looked through in time, and is not deleted';
  return new OperatingError('deadline_passed', message, { outcome: 'none' });
}

function notHeardOf(namespace: string, cause: unknown): OperatingError {
  const name = namespace.slice(0, 200);
  const message = `this node has not heard of the namespace "${name}", and cannot ask a majority`;
  return new OperatingError('namespace_unknown', message, { cause, details: { namespace: name } });
}
