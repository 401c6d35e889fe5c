/** A check of an assessment: what was tried, how many points it is worth, and what was seen. */

export interface Check {
  readonly what: string;
  readonly points: number;
  /** Points that it is worth. */
  readonly of: number;
  readonly seen: string;
}

export interface ScenarioResult {
  readonly name: string;
  readonly points: number;
  readonly of: number;
  readonly checks: readonly Check[];
}

/** All of its points, or none. */
export function check(what: string, of: number, isGood: boolean, seen: string): Check {
  return { what, of, points: isGood ? of : 0, seen };
}

/** What could not be tried is worth nothing, and says why. */
export function scenarioResult(name: string, of: number, checks: readonly Check[]): ScenarioResult {
  const points = checks.reduce((sum, one) => sum + one.points, 0);
  return { name, points, of, checks };
}
