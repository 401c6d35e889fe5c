/** How old an answer may be, and how old it is: of the level `bounded-staleness`. */
import { parseDuration } from '../../encoding/duration.js';
import { OperatingError } from '../../errors.js';
import type { Scope } from '../../staleness/proofs.js';

export interface StalenessDemand {
  readonly maxMilliseconds: number;
  /** Of which writes: `all`, or where that cannot be proven those of a majority. */
  readonly scope: Scope | 'any';
}

/** An answer shows all that was acknowledged so long before the request came, or earlier. */
export interface StalenessBound {
  /** Milliseconds. */
  readonly age: number;
  /** `quorum`: all that a majority of the primaries had acknowledged. */
  readonly scope: Scope;
}

/** An hour. */
const MAX_AGE_MILLISECONDS = 3_600_000;
export const STALENESS_BY_DEFAULT: StalenessDemand = { maxMilliseconds: 1000, scope: 'any' };

/**
 * @param parameters `max=500ms`, `scope=all`, each at most once
 * @throws OperatingError `invalid_level`
 */
export function stalenessDemand(text: string, parameters: readonly string[]): StalenessDemand {
  const refused = (message: string): OperatingError =>
    new OperatingError('invalid_level', message, { details: { received: text } });
  const given = new Map<string, string>();
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=').map((part) => part.trim());
    if (given.has(name)) throw refused(`the parameter "${name}" is there twice`);
    given.set(name, value);
  }
  const { max, scope, ...others } = Object.fromEntries(given) as Record<string, string | undefined>;
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw refused(`the level has no parameter "${other}", but max and scope`);
  if (scope !== undefined && scope !== 'all' && scope !== 'quorum') {
    throw refused('the scope of a bound is "all" or "quorum"');
  }
  const maxMilliseconds =
    max === undefined ? STALENESS_BY_DEFAULT.maxMilliseconds : parseDuration(max, 'ms');
  if (maxMilliseconds === undefined || maxMilliseconds > MAX_AGE_MILLISECONDS) {
    throw refused('the greatest age is 0ms to 1h, as in max=500ms');
  }
  return { maxMilliseconds, scope: scope ?? STALENESS_BY_DEFAULT.scope };
}
