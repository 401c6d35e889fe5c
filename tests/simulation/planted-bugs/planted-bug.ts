/** One rule of the store, broken by an exact replacement in the built code. */

export interface PlantedBug {
  readonly name: string;
  /** The chapter of docs/architecture.md that names the rule; HTTP: docs/http-api.md. */
  readonly rule: string;
  /** Below `lib/`, as it was built; with `bin/` before it: below that. */
  readonly file: string;
  /** Must be there once. */
  readonly right: string;
  readonly wrong: string;
  /**
   * The checkers of the simulator of which one notices it first (`trouble` is what no fault
   * explains). Absent: the test does; where there is none either, any checker may.
   */
  readonly checkers?: readonly string[];
  /** Below `tests/`, as it was built: notices it without any seed. */
  readonly test?: string;
}
