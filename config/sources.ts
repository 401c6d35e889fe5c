/** Where settings come from: each source, read into pairs of a setting's name and what it gave. */
import { parseEnv } from 'node:util';
import { messageOf } from '../lib/errors.js';
import { HAND_WRITTEN_BYTES_MAX, readBounded } from './bounded-file.js';
import { nearest } from './nearest.js';
import { SETTING_LIST } from './schema.js';

/** What one source gave, by the name of the setting, and what is wrong with the source itself. */
export interface Source {
  /** For messages: `flag`, `environment`, the name of a file, `profile wan`. */
  readonly origin: string;
  readonly given: ReadonlyMap<string, unknown>;
  readonly problems: readonly string[];
}

const NAMES: readonly string[] = SETTING_LIST.map(({ name }) => name);
const NAME_BY_VARIABLE = new Map(SETTING_LIST.map(({ variable, name }) => [variable, name]));
const PREFIX = 'QUORATE_';

/** An unknown variable this near to a known one is a slip; others belong to somebody else. */
const SLIP_DISTANCE = 3;

function unknown(origin: string, given: string, known: readonly string[]): string {
  return `${origin}: there is no ${given}; did you mean ${nearest(given, known).name}?`;
}

/** Pairs by setting name, as flags and profiles give them. */
export function readPairs(origin: string, pairs: Iterable<readonly [string, unknown]>): Source {
  const given = new Map<string, unknown>();
  const problems: string[] = [];
  for (const [name, value] of pairs) {
    if (value === undefined) continue;
    if (NAMES.includes(name)) given.set(name, value);
    else problems.push(unknown(origin, name, NAMES));
  }
  return { origin, given, problems };
}

/**
 * `QUORATE_*` variables; an empty one counts as absent. In a file of ours (`strict`) each unknown
 * one is refused; in the environment, where others put theirs too (a service named quorate gets
 * QUORATE_PORT from an orchestrator), only a slip. `others`: variables that commands read.
 */
export function readVariables(
  origin: string,
  variables: Readonly<Record<string, string | undefined>>,
  options: { readonly strict: boolean; readonly others: readonly string[] },
): Source {
  const given = new Map<string, unknown>();
  const problems: string[] = [];
  const known = [...NAME_BY_VARIABLE.keys(), ...options.others];
  for (const [variable, value] of Object.entries(variables)) {
    if (!variable.startsWith(PREFIX) || value === undefined || value === '') continue;
    const name = NAME_BY_VARIABLE.get(variable);
    if (name !== undefined) given.set(name, value);
    else if (options.others.includes(variable)) continue;
    else if (options.strict || nearest(variable, known).distance <= SLIP_DISTANCE) {
      problems.push(unknown(origin, variable, known));
    }
  }
  return { origin, given, problems };
}

/** A file of `NAME=value` lines. */
export function readVariablesFile(file: string, others: readonly string[]): Source {
  const text = readText(file);
  if (typeof text !== 'string') return text;
  return readVariables(file, parseEnv(text), { strict: true, others });
}

/** A JSON file: an object of groups, each an object of settings. */
export function readConfigFile(file: string): Source {
  const text = readText(file);
  if (typeof text !== 'string') return text;
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    return unreadable(file, `is not JSON: ${messageOf(error)}`);
  }
  if (!isObject(content)) return unreadable(file, 'must hold an object of groups');
  const pairs: (readonly [string, unknown])[] = [];
  for (const [group, settings] of Object.entries(content)) {
    if (!isObject(settings)) return unreadable(file, `${group} must be an object of settings`);
    for (const [key, value] of Object.entries(settings)) pairs.push([`${group}.${key}`, value]);
  }
  return readPairs(file, pairs);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(file: string, problem: string): Source {
  return { origin: file, given: new Map(), problems: [`${file}: ${problem}`] };
}

function readText(file: string): string | Source {
  try {
    return readBounded(file, HAND_WRITTEN_BYTES_MAX).toString();
  } catch (error) {
    return unreadable(file, `cannot be read: ${messageOf(error)}`);
  }
}
