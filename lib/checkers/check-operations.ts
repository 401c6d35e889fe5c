/**
 * Forbids that a write under an id is applied twice, or after it was said that it never will be;
 * and that two attempts are answered differently (docs/idempotency.md).
 */
import type { Finding } from './history.js';

/** What a client was answered of an attempt, or of the operation when it asked for it. */
export interface OperationAttempt {
  /** The id. */
  readonly operation: string;
  readonly key: string;
  /**
   * `applied`: it was, under `version`. `none`: it was refused for good, or it was said that it
   * never takes effect. `nothing`: this attempt did nothing. `open`: nobody knows.
   */
  readonly outcome: 'applied' | 'none' | 'nothing' | 'open';
  readonly version?: string | undefined;
  /** Status and body, and the headers that matter, as text. */
  readonly answer?: string | undefined;
}

/** A state of a key that was chosen, in the order of the choices: the versions that it holds. */
export interface ChosenState {
  readonly key: string;
  readonly versions: readonly {
    readonly version: string;
    readonly operation: string;
    /** False: a tombstone. */
    readonly isValue: boolean;
  }[];
  /** Does it replace the version, if it does not hold it? If not, the two lie side by side. */
  readonly covers: (version: string) => boolean;
}

export interface OperationHistory {
  readonly attempts: readonly OperationAttempt[];
  readonly states: readonly ChosenState[];
}

export function checkOperations({ attempts, states }: OperationHistory): Finding[] {
  const findings: Finding[] = [];
  const find = (key: string, message: string): void => {
    findings.push({ checker: 'operations', key, message });
  };
  const effects = effectsOf(states, find);
  const operations = new Map<string, OperationAttempt[]>();
  for (const attempt of attempts) {
    const known = operations.get(attempt.operation);
    if (known === undefined) operations.set(attempt.operation, [attempt]);
    else known.push(attempt);
  }
  for (const [id, of] of operations) {
    const [{ key = '' } = {}] = of;
    for (const message of wrongWith(id, of, [...(effects.get(id) ?? [])])) find(key, message);
  }
  return findings;
}

/** @param versions as which it was there */
function wrongWith(
  id: string,
  attempts: readonly OperationAttempt[],
  versions: readonly string[],
): string[] {
  const answers = new Set(attempts.flatMap(({ answer }) => (answer === undefined ? [] : [answer])));
  const has = (wanted: OperationAttempt['outcome']): boolean =>
    attempts.some(({ outcome }) => outcome === wanted);
  const isNothing = attempts.every(({ outcome }) => outcome === 'nothing');
  const isThere = versions.length > 0;
  const named = versions.join(' and as ');
  const never = attempts.flatMap(({ outcome, version }) => {
    const isMissing = outcome === 'applied' && version !== undefined && !versions.includes(version);
    return isMissing ? [`${id} was answered ${version}, and that was never there`] : [];
  });
  const rules: readonly (readonly [isBroken: boolean, message: string])[] = [
    [versions.length > 1, `${id} was applied as ${named}`],
    [answers.size > 1, `${id} was answered ${[...answers].join(', and ')}`],
    [has('applied') && has('none'), `${id} was applied, and will never be`],
    [has('none') && isThere, `${id} will never be applied, and is, as ${named}`],
    [isNothing && isThere, `${id} did nothing, and is applied`],
  ];
  return [...rules.flatMap(([isBroken, message]) => (isBroken ? [message] : [])), ...never];
}

/**
 * By operation. A value that was there, and was replaced, must not come back: it was applied again.
 * A tombstone may: an owner that has not collected it shows it beside what came later.
 */
function effectsOf(
  states: readonly ChosenState[],
  find: (key: string, message: string) => void,
): ReadonlyMap<string, ReadonlySet<string>> {
  const effects = new Map<string, Set<string>>();
  const present = new Map<string, ReadonlySet<string>>();
  const gone = new Set<string>();
  for (const { key, versions, covers } of states) {
    const now = new Set(versions.map(({ version }) => version));
    const beside = new Set<string>();
    for (const version of present.get(key) ?? []) {
      if (now.has(version)) continue;
      if (covers(version)) gone.add(`${key} ${version}`);
      else beside.add(version);
    }
    for (const { version, operation, isValue } of versions) {
      effects.set(operation, (effects.get(operation) ?? new Set()).add(version));
      if (gone.delete(`${key} ${version}`) && isValue) {
        find(key, `${operation} was applied again, as ${version}, after it was replaced`);
      }
    }
    present.set(key, new Set([...now, ...beside]));
  }
  return effects;
}
