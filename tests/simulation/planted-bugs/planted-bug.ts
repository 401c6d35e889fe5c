/** What a planted bug is: one broken rule, and who must notice. */

export interface PlantedBug {
  readonly name: string;
  /** The chapter of docs/architecture.md that names the rule. */
  readonly rule: string;
  /** Below `lib/`, as it was built. */
  readonly file: string;
  /** Must be there once. */
  readonly right: string;
  readonly wrong: string;
  /** Below `tests/`, as it was built: notices what no seed may meet. */
  readonly test?: string;
}
