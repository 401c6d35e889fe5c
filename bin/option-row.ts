/** An option of a command: a row of its table. */

export interface OptionRow {
  /** As commander writes them: `-o, --output <format>`. */
  readonly flags: string;
  /** What gives it where the flag does not. Settings of a node are read by config/ instead. */
  readonly variable?: `QUORATE_${string}`;
  readonly summary: string;
  /** What it is without flag and variable; for people it is part of the summary. */
  readonly default?: string;
  /** Nothing else is taken. */
  readonly choices?: readonly string[];
  /** What a shell offers after it, where there are no choices. */
  readonly completes?: 'levels' | 'level-list' | 'files';
  /** The heading under which the help has it; `Options:` where it has none. */
  readonly group?: string;
}
