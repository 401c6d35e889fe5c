/** The settings of the cluster: what each does, and which values it takes. */
import type { SettingValue } from '../api-types.js';

export interface SettingControl {
  readonly name: string;
  readonly what: string;
  /** Undefined: a number. */
  readonly choices?: readonly string[];
}

const READ_LEVELS = [
  'one',
  'two',
  'three',
  'quorum',
  'all',
  'eventual',
  'local-one',
  'local-quorum',
  'each-quorum',
  'session',
  'causal',
  'bounded-staleness',
  'strong',
];

export const SETTING_CONTROLS: readonly SettingControl[] = [
  { name: 'default_level', what: 'Level of a read that names none', choices: READ_LEVELS },
  {
    name: 'default_write_level',
    what: 'Level of a write that names none',
    choices: [...READ_LEVELS, 'any'],
  },
  { name: 'read_repair_probability', what: 'Share of weaker reads that compare all owners after' },
  {
    name: 'blind_writes',
    what: 'What a write without a context does',
    choices: ['overwrite', 'sibling', 'refuse'],
  },
  {
    name: 'conflict_resolution',
    what: 'What a read makes of siblings',
    choices: ['siblings', 'last-writer', 'set-union', 'max', 'json-merge', 'custom'],
  },
  { name: 'versions_kept', what: 'Superseded versions of a key that stay' },
  { name: 'versions_kept_for_s', what: 'Seconds that they stay; 0: whatever their age' },
  { name: 'tombstone_retention_s', what: 'Seconds that a tombstone stays' },
  { name: 'rate_limit_max', what: 'Requests of a client in a window, on each node; 0: no limit' },
  { name: 'rate_limit_window', what: 'The window of it: 1s, 1m' },
];

export interface Changed {
  readonly name: string;
  readonly from: SettingValue | undefined;
  readonly to: SettingValue;
}

/** What differs between the settings as they are and as they would be. */
export function changesOf(
  before: Readonly<Record<string, SettingValue>>,
  after: Readonly<Record<string, SettingValue>>,
): Changed[] {
  return Object.entries(after)
    .filter(([name, to]) => before[name] !== to)
    .map(([name, to]) => ({ name, from: before[name], to }));
}

/** A typed text as the setting takes it: numbers where it is one. */
export function typedValue(text: string, present: SettingValue | undefined): SettingValue {
  return typeof present === 'number' && text.trim() !== '' && Number.isFinite(Number(text))
    ? Number(text)
    : text;
}
