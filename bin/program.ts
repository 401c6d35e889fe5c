/** The command line, made of the table of commands: commander parses, the rows say the rest. */
import { Command, CommanderError, Option } from 'commander';
import { ArgumentError } from '../lib/client/arguments.js';
import { QuorateError } from '../lib/client/quorate-error.js';
import { messageOf, OperatingError } from '../lib/errors.js';
import { COMMAND_GROUPS, type CommandRow } from './command.js';
import { CommandOptions, type GivenFlags, nameOf } from './command-options.js';
import { COMMANDS } from './commands.js';
import { CRASHED, EXIT, exitCodeOf, OUTPUT_FAILED } from './exit-code.js';
import { fail } from './failure.js';
import { HELP_LAYOUT } from './help-layout.js';
import type { OptionRow } from './option-row.js';
import { advised, programOf, type Terminal } from './terminal.js';
import { softwareVersion } from './software-version.js';

const LAST_GROUP: (typeof COMMAND_GROUPS)[number] = 'Other:';
const START_HERE = `
A first session:
  quorate cluster                  start three nodes here, and the admin page
  quorate put cart '["milk"]' --json
  quorate get cart
  quorate status
`;

/** Runs one command. Never throws; the number is the status of the process. */
export async function runProgram(words: readonly string[], terminal: Terminal): Promise<number> {
  let status: number = EXIT.done;
  const program = new Command(programOf(terminal))
    .description('A leaderless, tunable-consistency key-value store')
    .version(softwareVersion(), '--version')
    .enablePositionalOptions()
    .addHelpText('after', advised(terminal, START_HERE));
  for (const group of COMMAND_GROUPS) {
    for (const row of COMMANDS.filter((one) => one.group === group)) {
      program.addCommand(commandOf(row, terminal, (code) => (status = code)));
    }
  }
  const help = new Command('help').arguments('[command]').description('show the help of a command');
  program.addHelpCommand(help.helpGroup(LAST_GROUP));
  applyEverywhere(program, (command) =>
    command
      .exitOverride()
      .showHelpAfterError('(--help says more)')
      .configureHelp(HELP_LAYOUT)
      .configureOutput({ writeOut: terminal.out, writeErr: terminal.err }),
  );
  try {
    assertText(words);
    await program.parseAsync(helpWordsOf(program, words), { from: 'user' });
    return status;
  } catch (error) {
    return statusOfFailure(error, terminal);
  }
}

/** Commander shows the whole help where it knows no such command, and reads one word only. */
function helpWordsOf(program: Command, words: readonly string[]): readonly string[] {
  const [first, ...path] = words;
  if (first !== 'help' || path.length === 0 || path.some((word) => /^-|^help$/.test(word))) {
    return words;
  }
  let command = program;
  for (const word of path) {
    command =
      command.commands.find((one) => one.name() === word) ??
      command.error(`error: unknown command '${path.join(' ')}'`);
  }
  return [...path, '--help'];
}

/** Node.js decodes the arguments: it puts U+FFFD where bytes are no UTF-8, and they are lost. */
function assertText(words: readonly string[]): void {
  const damaged = words.findIndex((word) => word.includes('\u{fffd}'));
  if (damaged === -1) return;
  const where = `argument ${damaged + 1} is not UTF-8, or holds U+FFFD`;
  throw new ArgumentError(`${where}; a value of any bytes may come from the standard input (-)`);
}

function commandOf(row: CommandRow, terminal: Terminal, done: (code: number) => void): Command {
  const command = new Command(row.name).description(row.summary).enablePositionalOptions();
  if (row.arguments !== undefined) command.arguments(row.arguments);
  for (const option of row.options) command.addOption(optionOf(option));
  command.addHelpText('after', `\nExample:\n  ${programOf(terminal)} ${row.example}`);
  if (row.group !== undefined) command.helpGroup(row.group);
  command.action(async () => {
    const options = new CommandOptions(
      row.options,
      command.opts<GivenFlags>(),
      terminal.environment,
    );
    // Before anything is done: a command that is refused has changed nothing.
    for (const option of row.options) checkOption(option, options);
    const variables = variablesOf(COMMANDS);
    try {
      done(await row.run({ arguments: command.args, options, terminal, variables }));
      if (options.outputFailure !== undefined) done(OUTPUT_FAILED);
    } finally {
      if (options.outputFailure !== undefined) terminal.err(`quorate: ${options.outputFailure}\n`);
    }
  });
  for (const child of row.commands ?? []) command.addCommand(commandOf(child, terminal, done));
  return command;
}

function optionOf({ flags, summary, variable, default: byDefault, choices, group }: OptionRow) {
  const notes = [
    choices === undefined ? [] : [`one of ${choices.join(', ')}`],
    byDefault === undefined ? [] : [`default ${byDefault}`],
    variable === undefined ? [] : [variable],
  ].flat();
  const text = notes.length === 0 ? summary : `${summary} (${notes.join('; ')})`;
  const option = new Option(flags, text);
  return group === undefined ? option : option.helpGroup(group);
}

/** Flags alone are true or false, and some have choices; commands judge the others. */
function checkOption(option: OptionRow, options: CommandOptions): void {
  if (!/[<[]/.test(option.flags)) options.isSet(nameOf(option));
  const isGiven = options.text(nameOf(option)) !== undefined;
  if (option.choices !== undefined && isGiven) options.oneOf(nameOf(option), option.choices);
}

function variablesOf(rows: readonly CommandRow[]): string[] {
  return rows.flatMap(({ options, commands }) => [
    ...options.flatMap(({ variable }) => variable ?? []),
    ...variablesOf(commands ?? []),
  ]);
}

function applyEverywhere(command: Command, apply: (command: Command) => unknown): void {
  apply(command);
  for (const child of command.commands) applyEverywhere(child, apply);
}

function statusOfFailure(error: unknown, terminal: Terminal): number {
  const { err } = terminal;
  // Commander has printed its own; help and version that were asked for are no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof OperatingError) {
    err(`quorate: ${advised(terminal, error.message)}\n`);
    return exitCodeOf(error);
  }
  if (error instanceof QuorateError) return fail(terminal, error);
  if (error instanceof ArgumentError) {
    err(`quorate: ${error.message}\n`);
    return EXIT.usage;
  }
  if (error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd') {
    err('quorate: the folder that this command was started in is gone\n');
    return EXIT.usage;
  }
  err(`quorate: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`);
  return CRASHED;
}
