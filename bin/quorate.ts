#!/usr/bin/env node
/** The command line: one binary, a command a file in commands/. See docs/operations.md. */
import { OUTPUT_FAILED } from './exit-code.js';
import { runProgram } from './program.js';
import { bearStreamErrors, processTerminal } from './terminal.js';

// The answer is nowhere: whatever became of the command, its status must not say `done`.
bearStreamErrors(() => {
  process.exitCode = OUTPUT_FAILED;
});
const status = await runProgram(process.argv.slice(2), processTerminal());
process.exitCode ??= status;
