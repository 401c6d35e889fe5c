/** The settings of a node as options of a command: a flag a row of config/schema.ts. */
import { loadSettings } from '../../config/load-settings.js';
import type { SettingName, Settings } from '../../config/schema.js';
import { SETTING_LIST } from '../../config/schema.js';
import type { Invocation } from '../command.js';
import type { OptionRow } from '../option-row.js';
import { VARIABLES_OPTION, nameOf } from '../command-options.js';

export const CONFIG_OPTION: OptionRow = {
  flags: '--config <file>',
  variable: 'QUORATE_CONFIG',
  summary: 'JSON file of settings, as config/example.json',
  completes: 'files',
};

const SETTING_OPTIONS = SETTING_LIST.map(({ flag, row, name, variable, group }) => ({
  name,
  option: {
    // A flag alone means true.
    flags: row.kind === 'boolean' ? `${flag} [true|false]` : `${flag} <value>`,
    summary: `${row.why} (${variable})`,
    group: `Settings of ${group}:`,
  },
}));

export const NODE_OPTIONS: readonly OptionRow[] = [
  VARIABLES_OPTION,
  CONFIG_OPTION,
  ...SETTING_OPTIONS.map(({ option }) => option),
];

/** @throws OperatingError `invalid_request` that names every setting that is wrong */
export function settingsOf({ options, terminal, variables }: Invocation): Settings {
  const flags: Partial<Record<SettingName, string>> = {};
  for (const { name, option } of SETTING_OPTIONS) {
    const text = options.text(nameOf(option));
    if (text !== undefined) flags[name] = text;
  }
  return loadSettings({
    flags,
    environment: terminal.environment,
    variablesFile: options.text('variables'),
    configFile: options.text('config'),
    otherVariables: variables,
  });
}
