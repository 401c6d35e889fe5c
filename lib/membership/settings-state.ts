/** The settings as data: fields that merge one by one, and the history of changes (M2). */
import { greatestOf } from '../encoding/extremes.js';
import { encode } from '../encoding/codec.js';
import { lastWithin, pageAfter } from '../encoding/cut-list.js';
import { hash32 } from '../encoding/hash.js';
import type { PlainSettings } from './messages.js';
import {
  DEFAULT_NAMESPACE,
  parseStoredNamespace,
  storedNamespace,
} from '../partitioning/namespace.js';
import {
  type EffectiveRules,
  effectiveRules,
  isNamespaceField,
  type NamespaceField,
  namespaceOfField,
  type NamespaceRules,
  NO_RULES,
  progressOf,
} from './namespace-rules.js';
import type { ConsistencySettings, SettingsAnswer, SettingsChange } from './settings-types.js';
import { consistencySettings, CONSISTENCY_SETTING_NAMES } from './settings-types.js';

/** (n, node): the change that last set a field. Higher wins. */
type FieldVersion = readonly [n: number, node: string];

interface Field {
  readonly value: unknown;
  readonly version: FieldVersion;
}

/** Changes beyond this number are forgotten, the oldest first. */
const HISTORY_MAX = 1000;

/** A namespace that is there. */
export interface LiveNamespace {
  readonly rules: NamespaceRules;
  /** With what they leave out, as it is in the cluster. */
  readonly effective: EffectiveRules;
  /** The namespace of its keys where they are stored. */
  readonly stored: string;
}

/** What is known after a change, and where that is durable. */
export interface ChangedSettings extends Pick<SettingsAnswer, 'nodes'> {
  /** All of an answer is of this one state: others may have changed it meanwhile. */
  readonly state: SettingsState;
}

export function answerOf({ state, nodes }: ChangedSettings): SettingsAnswer {
  return { settings: state.settings, version: state.version, nodes };
}

/** Immutable. `merge` is commutative, associative and idempotent, so all nodes come to the same. */
export class SettingsState {
  /** Of the cluster, and of each namespace that was ever made one. */
  readonly #fields: ReadonlyMap<string, Field>;
  #version: string | undefined;
  /** Oldest first, distinct by version. */
  readonly history: readonly SettingsChange[];
  /** The same object at every look: every request asks for it. */
  readonly settings: ConsistencySettings;
  /** Under the rules of the cluster. */
  readonly defaultNamespace: LiveNamespace;
  /** The others that are there, in the order of their names. */
  readonly namespaces: ReadonlyMap<string, LiveNamespace>;
  /** All that were ever made. */
  readonly everMade: ReadonlyMap<string, NamespaceField>;
  /** The names of those that were ever deleted, though they may be there again. */
  readonly everEnded: readonly string[];
  /** Of all fields and changes: equal where two nodes know the same. */
  readonly hash: number;

  private constructor(fields: ReadonlyMap<string, Field>, history: readonly SettingsChange[]) {
    this.#fields = inOrder(fields);
    this.history = history;
    const entries = CONSISTENCY_SETTING_NAMES.map((name) => [name, fields.get(name)?.value]);
    this.everMade = everMadeIn(this.#fields);
    this.everEnded = [...this.everMade].flatMap(([name, { generation, rules }]) => {
      return generation > 1 || rules === null ? [name] : [];
    });
    this.settings = Object.freeze(Object.fromEntries(entries) as ConsistencySettings);
    this.defaultNamespace = liveOf(this.settings, NO_RULES, DEFAULT_NAMESPACE);
    this.namespaces = new Map(
      [...this.everMade].flatMap(([name, { generation, rules }]) => {
        if (rules === null) return [];
        return [[name, liveOf(this.settings, rules, storedNamespace(name, generation))] as const];
      }),
    );
    const plain = [this.#plainFields(), history.map(({ version }) => version)];
    this.hash = hash32(encode(plain));
  }

  /** What a node starts from: its configuration, older than every change. */
  static initial(settings: ConsistencySettings): SettingsState {
    const fields = CONSISTENCY_SETTING_NAMES.map(
      (name) => [name, { value: settings[name], version: [0, ''] as FieldVersion }] as const,
    );
    return new SettingsState(new Map(fields), []);
  }

  /** Unknown or invalid fields are left out: an older node ignores what it cannot do. */
  static from(plain: PlainSettings, byDefault: SettingsState): SettingsState {
    const fields = new Map(byDefault.#fields);
    for (const [name, value, version] of plain.fields) {
      if (isValid(name, value)) fields.set(name, { value, version });
    }
    return new SettingsState(fields, plain.history as SettingsChange[]);
  }

  /**
   * `n-hash`: how many changes deep, and which state exactly. Made at the first look: it costs as
   * much as all fields, and a list of namespaces names it with each.
   */
  get version(): string {
    this.#version ??= this.#makeVersion();
    return this.#version;
  }

  #makeVersion(): string {
    const fields = hash32(encode(this.#plainFields()));
    return `${this.#depth}-${fields.toString(16).padStart(8, '0')}`;
  }

  /** Of a stored key; undefined: it is not there, or not known here. */
  namespaceOfStored(stored: string): LiveNamespace | undefined {
    if (stored === DEFAULT_NAMESPACE) return this.defaultNamespace;
    const live = this.namespaces.get(parseStoredNamespace(stored).name);
    return live?.stored === stored ? live : undefined;
  }

  /** Were keys stored under it, and was it deleted? */
  hasEnded(stored: string): boolean {
    const { name, generation } = parseStoredNamespace(stored);
    const field = this.everMade.get(name);
    if (field === undefined) return false;
    return generation < field.generation || (generation === field.generation && !field.rules);
  }

  merge(other: SettingsState): SettingsState {
    const fields = new Map(this.#fields);
    for (const [name, theirs] of other.#fields) {
      const ours = fields.get(name);
      if (ours === undefined || wins(name, theirs, ours)) fields.set(name, theirs);
    }
    const byVersion = new Map(
      [...this.history, ...other.history].map((change) => [nameOfChange(change), change]),
    );
    const history = [...byVersion.values()].sort(
      (a, b) => depthOf(a) - depthOf(b) || (nameOfChange(a) < nameOfChange(b) ? -1 : 1),
    );
    return new SettingsState(fields, history.slice(-HISTORY_MAX));
  }

  /** The state after a change, or this very state where the change changes nothing. */
  change(
    fields: Readonly<Record<string, unknown>>,
    made: { readonly at: number; readonly node: string; readonly by: string },
  ): SettingsState {
    const changed: Record<string, { from: unknown; to: unknown }> = {};
    const next = new Map(this.#fields);
    for (const [name, value] of Object.entries(fields)) {
      const before = this.#fields.get(name)?.value ?? null;
      if (value === undefined || JSON.stringify(value) === JSON.stringify(before)) continue;
      changed[name] = { from: before, to: value };
      next.set(name, { value, version: [this.#depth + 1, made.node] });
    }
    if (Object.keys(changed).length === 0) return this;
    const after = new SettingsState(next, []);
    const change = { version: after.version, ...made, changed, settings: after.settings };
    return new SettingsState(next, [...this.history, change].slice(-HISTORY_MAX));
  }

  toPlain(): PlainSettings {
    return { fields: this.#plainFields(), history: [...this.history] };
  }

  /** All fields, and of the history what follows that change, within so many bytes. */
  part(after: string | null, bytesMax: number): { settings: PlainSettings; more: boolean } {
    const { page, more } = pageAfter(this.history, nameOfChange, after, bytesMax);
    return { settings: { fields: this.#plainFields(), history: page }, more };
  }

  /** All fields, and the latest of the history, within so many bytes. */
  latest(bytesMax: number): PlainSettings {
    return { fields: this.#plainFields(), history: lastWithin(this.history, bytesMax) };
  }

  /** A change that lost against a delete counts: no number is given twice (N3). */
  get #depth(): number {
    const last = this.history.at(-1);
    const fields = greatestOf([...this.#fields.values()].map(({ version }) => version[0]));
    return last === undefined ? fields : Math.max(fields, depthOf(last));
  }

  #plainFields(): [string, unknown, [number, string]][] {
    return [...this.#fields].map(([name, { value, version }]) => [
      name,
      value,
      [version[0], version[1]],
    ]);
  }
}

/** One order on all nodes: a hash is over it. Those of the cluster come first. */
function inOrder(fields: ReadonlyMap<string, Field>): ReadonlyMap<string, Field> {
  const known: readonly string[] = CONSISTENCY_SETTING_NAMES;
  const others = [...fields.keys()].filter((name) => !known.includes(name)).sort();
  const named = [...known, ...others].flatMap((name) => {
    const field = fields.get(name);
    return field === undefined ? [] : [[name, field] as const];
  });
  return new Map(named);
}

function everMadeIn(fields: ReadonlyMap<string, Field>): ReadonlyMap<string, NamespaceField> {
  const found = new Map<string, NamespaceField>();
  for (const [field, { value }] of fields) {
    const name = namespaceOfField(field);
    if (name !== undefined) found.set(name, value as NamespaceField);
  }
  return found;
}

function liveOf(
  settings: ConsistencySettings,
  rules: NamespaceRules,
  stored: string,
): LiveNamespace {
  return { rules, effective: effectiveRules(settings, rules), stored };
}

function isValid(name: string, value: unknown): boolean {
  const known = CONSISTENCY_SETTING_NAMES.find((setting) => setting === name);
  if (known !== undefined) return consistencySettings.shape[known].safeParse(value).success;
  return isNamespaceField(name, value);
}

/**
 * Of a namespace the one that has come further. Then the higher version; between equal ones (two
 * configurations of the start) the greater text.
 */
function wins(name: string, a: Field, b: Field): boolean {
  if (namespaceOfField(name) !== undefined) {
    const [ours, theirs] = [a, b].map(({ value }) => progressOf(value as NamespaceField));
    if (ours !== theirs) return (ours ?? 0) > (theirs ?? 0);
  }
  if (a.version[0] !== b.version[0]) return a.version[0] > b.version[0];
  if (a.version[1] !== b.version[1]) return a.version[1] > b.version[1];
  return JSON.stringify(a.value) > JSON.stringify(b.value);
}

/** No two changes have the same. */
export function nameOfChange({ version, node }: Pick<SettingsChange, 'version' | 'node'>): string {
  return `${version} ${node}`;
}

function depthOf({ version }: SettingsChange): number {
  return Number.parseInt(version, 10);
}
