/** Who changed the settings of a simulated cluster, and what nodes said that they are. */
import type {
  SettingValues,
  SettingsHistory,
  SettingsRead,
  SettingsWrite,
} from '../../lib/checkers/check-settings.js';
import type { Finding } from '../../lib/checkers/history.js';
import { checkSettings } from '../../lib/checkers/check-settings.js';

/** As its client knows it so far. */
export type SettingsAttempt = { -readonly [Name in keyof SettingsWrite]: SettingsWrite[Name] };

export class SettingsLog {
  readonly #initial: SettingValues;
  readonly #writes: SettingsAttempt[] = [];
  readonly #reads: SettingsRead[] = [];
  /** By version, as answers have shown them. */
  readonly #versions = new Map<string, SettingValues>();

  constructor(initial: SettingValues) {
    this.#initial = initial;
  }

  begin(fields: SettingValues, ifMatch: string | undefined, began: number): SettingsAttempt {
    const attempt: SettingsAttempt = {
      ...{ id: `s${this.#writes.length + 1}`, began, ended: undefined, outcome: 'open', fields },
      ...{ nodes: [], ifMatch, version: undefined },
    };
    this.#writes.push(attempt);
    return attempt;
  }

  read(read: Omit<SettingsRead, 'id'>): void {
    this.#versions.set(read.version, read.fields);
    this.#reads.push({ ...read, id: `c${this.#reads.length + 1}` });
  }

  /** The fields at a version that some answer has shown, and all such versions. */
  get versions(): ReadonlyMap<string, SettingValues> {
    return this.#versions;
  }

  /** All values that the field may have had so far. */
  possible(field: string): unknown[] {
    const values = new Set([this.#initial[field]]);
    for (const { fields } of this.#writes) if (field in fields) values.add(fields[field]);
    return [...values];
  }

  findings(): Finding[] {
    return checkSettings(this.history);
  }

  get history(): SettingsHistory {
    const always = Object.keys(this.#initial);
    return { initial: this.#initial, always, writes: this.#writes, reads: this.#reads };
  }
}
