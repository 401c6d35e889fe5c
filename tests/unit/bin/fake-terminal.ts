/** A terminal that remembers what was written to it. */
import { Readable } from 'node:stream';
import { runProgram } from '../../../bin/program.js';
import type { Terminal } from '../../../bin/terminal.js';

export interface FakeTerminal {
  readonly terminal: Terminal;
  readonly out: () => string;
  readonly err: () => string;
}

export function fakeTerminal(
  environment: Readonly<Record<string, string>> = {},
  input = '',
): FakeTerminal {
  const out: Uint8Array[] = [];
  const err: string[] = [];
  return {
    terminal: {
      out: (text) => void out.push(Buffer.from(text)),
      err: (text) => void err.push(text),
      input: Readable.from(input === '' ? [] : [Buffer.from(input)]),
      environment,
      interactive: false,
      colours: false,
    },
    out: () => Buffer.concat(out).toString(),
    err: () => err.join(''),
  };
}

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** One command in this process. */
export async function runWords(
  words: readonly string[],
  environment?: Readonly<Record<string, string>>,
  input?: string,
): Promise<Ran> {
  const { terminal, out, err } = fakeTerminal(environment, input);
  const status = await runProgram(words, terminal);
  return { status, out: out(), err: err() };
}
