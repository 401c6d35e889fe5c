/** Prints why the documents cannot be tried here, and nothing where they can: for .ci/run. */
import { whyNoTerminal } from './terminal.js';

process.stdout.write(whyNoTerminal() ?? '');
