/** The settings of a node from all their sources, checked. Order and table: docs/operations.md. */
import { OperatingError } from '../lib/errors.js';
import { checkSetting } from './kinds.js';
import type { ProfileName } from './profiles.js';
import { PROFILES } from './profiles.js';
import { RULES } from './rules.js';
import type { SettingName, Settings } from './schema.js';
import { SETTING_LIST } from './schema.js';
import type { Source } from './sources.js';
import { readConfigFile, readPairs, readVariables, readVariablesFile } from './sources.js';

export interface SettingsSources {
  /** By setting name (`node.listen`): text as it was typed, or a value. Undefined is absent. */
  readonly flags?: Readonly<Partial<Record<SettingName, unknown>>>;
  /** All variables of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Path of a file of `QUORATE_...=` lines. */
  readonly variablesFile?: string | undefined;
  /** Path of a JSON file, as config/example.json. */
  readonly configFile?: string | undefined;
  /** The same as the flag `node.profile`. */
  readonly profile?: string | undefined;
  /** `QUORATE_*` variables that a command reads itself. */
  readonly otherVariables?: readonly string[];
}

/**
 * Flag beats environment beats file of variables beats config file beats profile beats default.
 * @throws OperatingError `invalid_request` that names every setting that is wrong, in its message
 *   and as `problems` in its details
 */
export function loadSettings(sources: SettingsSources = {}): Settings {
  const named = readNamedSources(sources);
  const problems = named.flatMap((source) => source.problems);
  const profile = profileOf(named);
  const ranked = [...named, ...(profile === undefined ? [] : [profile])];
  const settings: Record<string, Record<string, unknown>> = {};
  for (const { group, key, name, row } of SETTING_LIST) {
    const source = ranked.find(({ given }) => given.has(name));
    const checked = checkSetting(row, source === undefined ? row.default : source.given.get(name));
    if ('problem' in checked) {
      problems.push(`${name} ${checked.problem} (${source?.origin ?? 'default'})`);
    } else {
      settings[group] = { ...settings[group], [key]: checked.value };
    }
  }
  if (problems.length > 0) throw invalid(problems);
  // Every row of the table was written above, each checked by its own schema.
  const complete = settings as unknown as Settings;
  const broken = RULES.filter((rule) => !rule.holds(complete));
  if (broken.length > 0) {
    throw invalid(broken.map((rule) => `${rule.settings[0]} must ${rule.says}`));
  }
  return complete;
}

/** The sources that somebody wrote, the strongest first. */
function readNamedSources(sources: SettingsSources): Source[] {
  const others = sources.otherVariables ?? [];
  const flags = { ...sources.flags };
  if (sources.profile !== undefined) flags['node.profile'] = sources.profile;
  const read = [
    readPairs('flag', Object.entries(flags)),
    readVariables('environment', sources.environment ?? {}, { strict: false, others }),
  ];
  if (sources.variablesFile !== undefined)
    read.push(readVariablesFile(sources.variablesFile, others));
  if (sources.configFile !== undefined) read.push(readConfigFile(sources.configFile));
  return read;
}

/** The rows of the chosen profile; a name that is none is reported with its own setting. */
function profileOf(named: readonly Source[]): Source | undefined {
  const chosen = named.find(({ given }) => given.has('node.profile'))?.given.get('node.profile');
  if (typeof chosen !== 'string' || !Object.hasOwn(PROFILES, chosen)) return undefined;
  return readPairs(`profile ${chosen}`, Object.entries(PROFILES[chosen as ProfileName]));
}

function invalid(problems: readonly string[]): OperatingError {
  return new OperatingError('invalid_request', problems.join('\n'), { details: { problems } });
}
