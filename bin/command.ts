/** What a command is: a row with its words, its options, and what it does (commands.ts). */
import type { CommandOptions } from './command-options.js';
import type { OptionRow } from './option-row.js';
import type { Terminal } from './terminal.js';

export interface Invocation {
  readonly arguments: readonly string[];
  readonly options: CommandOptions;
  readonly terminal: Terminal;
  /** Every variable that some command reads; files of settings may hold them too. */
  readonly variables: readonly string[];
}

export interface CommandRow {
  readonly name: string;
  readonly summary: string;
  /** As commander writes them: `<key> [value]`. */
  readonly arguments?: string;
  readonly options: readonly OptionRow[];
  readonly commands?: readonly CommandRow[];
  /** The status of the process. Throws OperatingErrors; their code decides it then. */
  readonly run: (invocation: Invocation) => Promise<number> | number;
}
