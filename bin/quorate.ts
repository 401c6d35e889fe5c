#!/usr/bin/env node
/** The command line: one binary, a command a file in commands/. See docs/operations.md. */
import { runProgram } from './program.js';
import { processTerminal } from './terminal.js';

// A reader that closed the pipe (`quorate ring | head`) wants no more.
process.stdout.on('error', () => process.exit());
process.exitCode = await runProgram(process.argv.slice(2), processTerminal());
