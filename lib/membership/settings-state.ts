/** The settings as data: fields that merge one by one, and the history of changes (M2). */
import { greatestOf } from '../encoding/extremes.js';
import { encode } from '../encoding/codec.js';
import { lastWithin, pageAfter } from '../encoding/cut-list.js';
import { hash32 } from '../encoding/hash.js';
import type { PlainSettings } from './messages.js';
import type {
  ConsistencySettings,
  ConsistencySettingName,
  SettingsChange,
} from './settings-types.js';
import { consistencySettings, CONSISTENCY_SETTING_NAMES } from './settings-types.js';

/** (n, node): the change that last set a field. Higher wins. */
type FieldVersion = readonly [n: number, node: string];

interface Field {
  readonly value: unknown;
  readonly version: FieldVersion;
}

/** Changes beyond this number are forgotten, the oldest first. */
const HISTORY_MAX = 1000;

/** Immutable. `merge` is commutative, associative and idempotent, so all nodes come to the same. */
export class SettingsState {
  readonly #fields: ReadonlyMap<ConsistencySettingName, Field>;
  /** Oldest first, distinct by version. */
  readonly history: readonly SettingsChange[];
  /** The same object at every look: every request asks for it. */
  readonly settings: ConsistencySettings;
  /** Of all fields and changes: equal where two nodes know the same. */
  readonly hash: number;

  private constructor(
    fields: ReadonlyMap<ConsistencySettingName, Field>,
    history: readonly SettingsChange[],
  ) {
    this.#fields = fields;
    this.history = history;
    const entries = [...fields].map(([name, { value }]) => [name, value]);
    this.settings = Object.freeze(Object.fromEntries(entries) as ConsistencySettings);
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
      const known = CONSISTENCY_SETTING_NAMES.find((setting) => setting === name);
      if (known === undefined || !consistencySettings.shape[known].safeParse(value).success)
        continue;
      fields.set(known, { value, version });
    }
    return new SettingsState(fields, plain.history as SettingsChange[]);
  }

  /** `n-hash`: how many changes deep, and which state exactly. */
  get version(): string {
    const fields = hash32(encode(this.#plainFields()));
    return `${this.#depth}-${fields.toString(16).padStart(8, '0')}`;
  }

  merge(other: SettingsState): SettingsState {
    const fields = new Map<ConsistencySettingName, Field>();
    for (const name of CONSISTENCY_SETTING_NAMES) {
      const [ours, theirs] = [this.#fields.get(name), other.#fields.get(name)];
      const winner =
        ours === undefined || (theirs !== undefined && wins(theirs, ours)) ? theirs : ours;
      if (winner !== undefined) fields.set(name, winner);
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
    fields: Partial<ConsistencySettings>,
    made: { readonly at: number; readonly node: string; readonly by: string },
  ): SettingsState {
    const before = this.settings;
    const changed: Record<string, { from: unknown; to: unknown }> = {};
    const next = new Map(this.#fields);
    for (const name of CONSISTENCY_SETTING_NAMES) {
      const value = fields[name];
      if (value === undefined || value === before[name]) continue;
      changed[name] = { from: before[name], to: value };
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

  get #depth(): number {
    return greatestOf([...this.#fields.values()].map(({ version }) => version[0]));
  }

  #plainFields(): [string, unknown, [number, string]][] {
    return [...this.#fields].map(([name, { value, version }]) => [
      name,
      value,
      [version[0], version[1]],
    ]);
  }
}

/** The higher version; between equal ones (two configurations of the start) the greater text. */
function wins(a: Field, b: Field): boolean {
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
