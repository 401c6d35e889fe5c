/** How answers are written: a table for people, JSON for programs, or the bare value. */
import { greatestOf } from '../lib/encoding/extremes.js';
import { styleText } from 'node:util';
import type { OptionRow } from './option-row.js';
import type { CommandOptions } from './command-options.js';
import type { Terminal } from './terminal.js';

const FORMATS = ['table', 'json', 'value'] as const;

export const OUTPUT_OPTION: OptionRow = {
  flags: '-o, --output <format>',
  variable: 'QUORATE_OUTPUT',
  summary: 'table, json or value',
  default: 'table',
  choices: FORMATS,
};

/** The same answer in each form; each is made only when it is wanted. */
export interface Views {
  readonly table: (terminal: Terminal) => string;
  /** JSON text. */
  readonly json: () => string;
  /** Bytes are written as they are. */
  readonly value: () => string | Uint8Array;
}

/** Writes the answer in the form that `-o` asks for, and a line feed where it has none. */
export function print(terminal: Terminal, options: CommandOptions, views: Views): void {
  const text = views[options.oneOf('output', FORMATS)](terminal);
  if (typeof text !== 'string') terminal.out(text);
  else if (text !== '') terminal.out(text.endsWith('\n') ? text : `${text}\n`);
}

/** For `json`: a value of ours, indented. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

/** Plain values as members for `objectText`. */
export function toJsonMembers(
  values: Readonly<Record<string, unknown>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]),
  );
}

/** An object of members that are JSON texts already, so that numbers keep their digits. */
export function objectText(members: Readonly<Record<string, string | undefined>>): string {
  const lines = Object.entries(members).flatMap(([name, text]) =>
    text === undefined ? [] : [`  ${JSON.stringify(name)}: ${text}`],
  );
  return `{\n${lines.join(',\n')}\n}`;
}

const GAP = '  ';

/** Columns as wide as their widest cell; control characters are shown, not obeyed. */
export function table(
  { colours }: Pick<Terminal, 'colours'>,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, ...rows.map((row) => row.map(visible))];
  const widths = head.map((_, column) =>
    greatestOf(lines.map((line) => (line[column] ?? '').length)),
  );
  return lines
    .map((line, index) => {
      const cells = line.map((cell, column) => cell.padEnd(widths[column] ?? 0));
      const text = cells.join(GAP).trimEnd();
      const isHead = colours && index === 0;
      return `${isHead ? styleText('bold', text, { validateStream: false }) : text}\n`;
    })
    .join('');
}

/** What was stored by somebody may hold escape sequences for this terminal. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}
