/** One rule of the store, broken by an exact replacement in the built code. */

interface Plant {
  readonly name: string;
  /** The chapter of docs/architecture.md that names the rule; HTTP: docs/http-api.md. */
  readonly rule: string;
  /** Below `lib/`, as it was built; with `bin/` before it: below that. */
  readonly file: string;
  /** Must be there once. */
  readonly right: string;
  readonly wrong: string;
}

/** Each names one layer that must notice it. */
export type PlantedBug = Plant & (ForSeeds | ForTest);

interface ForSeeds {
  /**
   * The checkers of the simulator of which one finds something first (`trouble` is what no fault
   * explains).
   */
  readonly checkers: readonly string[];
  readonly test?: undefined;
}

interface ForTest {
  /** Below `tests/`, as it was built: notices it without any seed. */
  readonly test: string;
  readonly checkers?: undefined;
}
