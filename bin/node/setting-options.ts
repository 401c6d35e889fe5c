/** The settings of a node as options of a command: a flag a row of config/schema.ts. */
import { formatSetting } from '../../config/kinds.js';
import { loadSettings } from '../../config/load-settings.js';
import type { SettingName, Settings } from '../../config/schema.js';
import { SETTING_LIST } from '../../config/schema.js';
import type { SettingKind, SettingRow } from '../../config/setting.js';
import type { Invocation } from '../command.js';
import type { OptionRow } from '../option-row.js';
import { VARIABLES_OPTION, nameOf } from '../command-options.js';

export const CONFIG_OPTION: OptionRow = {
  flags: '--config <file>',
  variable: 'QUORATE_CONFIG',
  summary: 'JSON file of settings, as config/example.json',
  completes: 'files',
};

/** What the help names the value of a flag. */
const VALUES: Readonly<Record<SettingKind, string>> = {
  integer: '<count>',
  number: '<number>',
  milliseconds: '<duration>',
  bytes: '<size>',
  // A flag alone means true.
  boolean: '[true|false]',
  text: '<text>',
  enum: '<name>',
  address: '<host:port>',
  addresses: '<host:port,...>',
  names: '<name,...>',
  subnets: '<subnet,...>',
  founders: '<id=host:port,...>',
};

const SETTING_OPTIONS = SETTING_LIST.map(({ flag, row, name, variable, group }) => ({
  name,
  option: {
    flags: `${flag} ${VALUES[row.kind]}`,
    summary: `${row.why} (${variable})`,
    ...defaultOf(row),
    ...(row.kind === 'enum' ? { choices: row.values } : {}),
    group: `Settings of ${group}:`,
  } satisfies OptionRow,
}));

/** Of a profile it may be another; an empty one is none. */
function defaultOf(row: SettingRow): Pick<OptionRow, 'default'> {
  const text = formatSetting(row, row.default);
  return text === '' ? {} : { default: text };
}

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
    // A default that is no flag: files and variables come before it.
    if (text !== undefined && options.isGiven(nameOf(option))) flags[name] = text;
  }
  return loadSettings({
    flags,
    environment: terminal.environment,
    variablesFile: options.text('variables'),
    configFile: options.text('config'),
    otherVariables: variables,
  });
}
