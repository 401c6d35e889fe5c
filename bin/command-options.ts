/** The options of one invocation: flag beats variable beats --variables beats default. */
import { parseEnv } from 'node:util';
import { HAND_WRITTEN_BYTES_MAX, readBounded } from '../config/bounded-file.js';
import { DURATION_UNITS, parseQuantity } from '../config/units.js';
import { messageOf, OperatingError } from '../lib/errors.js';
import type { OptionRow } from './option-row.js';

/** As commander gives them: camel case, `true` where a flag has no value. */
export type GivenFlags = Readonly<Record<string, string | boolean | undefined>>;
type Variables = Readonly<Record<string, string | undefined>>;

/** Headings of options that many commands share. */
export const REQUEST_GROUP = 'How the request is made:';
export const CLUSTER_GROUP = 'Which cluster:';
export const OUTPUT_GROUP = 'Input and output:';

interface Limits {
  readonly minimum: number;
  readonly maximum: number;
}

/** Not `--env-file`: Node.js takes that for itself, wherever it stands on a command line. */
export const VARIABLES_OPTION: OptionRow = {
  flags: '--variables <file>',
  variable: 'QUORATE_VARIABLES',
  summary: 'file of NAME=value lines, for variables that the environment does not have',
  completes: 'files',
  group: OUTPUT_GROUP,
};

const TRUE = 'true';

export class CommandOptions {
  readonly #values = new Map<string, string>();
  readonly #explicit = new Set<string>();
  readonly #flagged = new Set<string>();
  readonly #flags = new Map<string, string>();
  #outputFailure: string | undefined;

  /** @throws OperatingError `invalid_request` where --variables cannot be read */
  constructor(rows: readonly OptionRow[], given: GivenFlags, environment: Variables) {
    const flagOf = (row: OptionRow) => given[nameOf(row)];
    const file = flagOf(VARIABLES_OPTION) ?? environment[VARIABLES_OPTION.variable ?? ''];
    const variables = typeof file === 'string' && file !== '' ? readVariables(file) : {};
    for (const row of rows) {
      const name = nameOf(row);
      this.#flags.set(name, longFlag(row));
      const flag = flagOf(row);
      if (flag !== undefined) this.#flagged.add(name);
      const { variable } = row;
      const named =
        variable === undefined ? undefined : environment[variable] || variables[variable];
      const value = flag === true ? TRUE : flag || (flag === '' ? '' : named);
      if (typeof value === 'string') {
        this.#values.set(name, value);
        this.#explicit.add(name);
      } else if (row.default !== undefined) this.#values.set(name, row.default);
    }
  }

  /** Why a file that an option names does not hold what the command has found out. */
  get outputFailure(): string | undefined {
    return this.#outputFailure;
  }

  /** To be called once something was sent: the answer is printed all the same. */
  readonly outputFailed = (error: unknown): void => {
    this.#outputFailure ??= messageOf(error);
  };

  /** Was it given, by whatever source, or is it the default? */
  isGiven(name: string): boolean {
    return this.#explicit.has(name);
  }

  /** On the command line itself: variables are for many commands, and say less of this one. */
  isFlagged(name: string): boolean {
    return this.#flagged.has(name);
  }

  /** Refuses a flag that would change nothing here. @param needed what it is for */
  refuseIdle(name: string, needed: string): void {
    if (!this.isFlagged(name)) return;
    const flag = this.#flags.get(name) ?? name;
    throw new OperatingError('invalid_request', `${flag} does nothing without ${needed}`);
  }

  text(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** One that has a default, or must be given. */
  required(name: string): string {
    const text = this.text(name);
    if (text === undefined || text === '') throw this.#wrong(name, 'is needed');
    return text;
  }

  isSet(name: string): boolean {
    const text = this.text(name);
    if (text === undefined || text === 'false') return false;
    if (text !== TRUE) throw this.#wrong(name, 'is true or false');
    return true;
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const found = choices.find((choice) => choice === this.text(name));
    if (found === undefined) throw this.#wrong(name, `is one of ${choices.join(', ')}`);
    return found;
  }

  integer(name: string, limits: Limits): number {
    const number = this.number(name, limits);
    if (!Number.isInteger(number)) throw this.#wrong(name, 'is a whole number');
    return number;
  }

  number(name: string, { minimum, maximum }: Limits): number {
    const text = this.required(name);
    const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw this.#wrong(name, `is a number from ${minimum} to ${maximum}`);
  }

  milliseconds(name: string, { minimum, maximum }: Limits): number {
    const value = parseQuantity(this.required(name), DURATION_UNITS) ?? Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw this.#wrong(name, `is a duration from ${minimum}ms to ${maximum}ms, as 500ms, 5s, 1m`);
  }

  list(name: string): string[] {
    const parts = this.required(name).split(',');
    return parts.map((part) => part.trim()).filter((part) => part !== '');
  }

  #wrong(name: string, says: string): OperatingError {
    const flag = this.#flags.get(name) ?? name;
    const text = this.text(name);
    return new OperatingError(
      'invalid_request',
      `${flag} ${says}${text === undefined ? '' : `, not ${JSON.stringify(text)}`}`,
    );
  }
}

/** `--base-port` of `-b, --base-port <port>`. */
export function longFlag({ flags }: OptionRow): string {
  return /--[a-z][a-z-]*/.exec(flags)?.[0] ?? flags;
}

/** `basePort` */
export function nameOf(row: OptionRow): string {
  return longFlag(row)
    .slice(2)
    .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function readVariables(file: string): Variables {
  try {
    return parseEnv(readBounded(file, HAND_WRITTEN_BYTES_MAX).toString());
  } catch (error) {
    throw new OperatingError('invalid_request', `${file} cannot be read: ${messageOf(error)}`);
  }
}
