#!/usr/bin/env node
/** The command line of Quorate: one binary, a command a file in bin/commands/. See docs/operations.md. */
import { runProgram } from './program.js';
import { processTerminal } from './terminal.js';

// A reader that closed the pipe (`quorate ring | head`) wants no more.
process.stdout.on('error', () => process.exit());
process.exitCode = await runProgram(process.argv.slice(2), processTerminal());
