/** The world of a command: its streams and variables. Tests hand in their own. */
import { fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { asTyped } from '../lib/admin-page/logic/mending.js';
import { OperatingError } from '../lib/errors.js';
import { shellWord } from './shell-word.js';

/** Not a setting: `./quorate` hands it on. */
const CALLED_AS = 'CALLED_QUORATE_AS';

export interface Terminal {
  /** The answer, and nothing else. */
  readonly out: (text: string | Uint8Array) => void;
  /** Everything that is not the answer: progress, warnings, problems. */
  readonly err: (text: string) => void;
  readonly input: Readable;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Does somebody watch standard error? */
  readonly interactive: boolean;
  /** May the answer be coloured? */
  readonly colours: boolean;
}

export function processTerminal(): Terminal {
  const { NO_COLOR } = process.env;
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    get input() {
      return standardInput();
    },
    environment: process.env,
    interactive: process.stderr.isTTY === true,
    colours: process.stdout.isTTY === true && (NO_COLOR === undefined || NO_COLOR === ''),
  };
}

/** How this program is called here; the launcher of a clone says it. One word of a shell. */
export function programOf({ environment }: Pick<Terminal, 'environment'>): string {
  return shellWord(environment[CALLED_AS] ?? 'quorate');
}

/** Advice as it can be typed here: texts say `quorate status`. */
export function advised(terminal: Pick<Terminal, 'environment'>, text: string): string {
  return asTyped(text, programOf(terminal));
}

/**
 * Node.js takes a folder for input that has ended: an empty value would be read.
 * @throws OperatingError `invalid_request`
 */
function standardInput(): Readable {
  if (fstatSync(0).isDirectory()) {
    throw new OperatingError('invalid_request', 'standard input is a folder');
  }
  return process.stdin;
}

/**
 * Streams whose reader went away (`quorate ring | head`) end nothing, neither a command nor what it
 * watches over: what is written to them is dropped. @param onLost an answer was lost otherwise
 */
export function bearStreamErrors(onLost: () => void): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    processTerminal().err(`quorate: the answer could not be written: ${code ?? 'no reason'}\n`);
    onLost();
  });
}
