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

/** The headings of the help, in its order. */
export const COMMAND_GROUPS = [
  'Keys and values:',
  'Conflicts:',
  'State of the cluster:',
  'Run a cluster:',
  'Other:',
] as const;
export type CommandGroup = (typeof COMMAND_GROUPS)[number];

export interface CommandRow {
  readonly name: string;
  readonly summary: string;
  /** The heading under which the help of the program has it. */
  readonly group?: CommandGroup;
  /** One that can be typed as it is, without `quorate`. */
  readonly example: string;
  /** As commander writes them: `<key> [value]`. */
  readonly arguments?: string;
  /** What a shell offers for its arguments. */
  readonly completes?: 'shells' | 'settings' | 'changes' | 'rules' | 'local-nodes';
  readonly options: readonly OptionRow[];
  readonly commands?: readonly CommandRow[];
  /** The status of the process. Throws OperatingErrors; their code decides it then. */
  readonly run: (invocation: Invocation) => Promise<number> | number;
}
