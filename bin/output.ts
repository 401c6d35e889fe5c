/** How answers are written: a table for people, JSON for programs, or the bare value. */
import { greatestOf } from '../lib/encoding/extremes.js';
import { styleText } from 'node:util';
import stringWidth from 'string-width';
import { type JsonTree, jsonTree } from '../lib/encoding/json-tree.js';
import type { OptionRow } from './option-row.js';
import { type CommandOptions, OUTPUT_GROUP } from './command-options.js';
import type { Terminal } from './terminal.js';

const FORMATS = ['table', 'json', 'value'] as const;

export const OUTPUT_OPTION: OptionRow = {
  flags: '-o, --output <format>',
  variable: 'QUORATE_OUTPUT',
  summary: 'how the answer is written',
  default: 'table',
  choices: FORMATS,
  group: OUTPUT_GROUP,
};

/** The same answer in each form; each is made only when it is wanted. */
export interface Views {
  readonly table: (terminal: Terminal) => string;
  /** JSON text. */
  readonly json: () => string;
  /** Bytes are written as they are. */
  readonly value: () => string | Uint8Array;
}

/**
 * Writes the answer in the form that `-o` asks for, and a line feed where it has none. JSON is
 * indented alike for all commands; numbers keep their digits.
 */
export function print(terminal: Terminal, options: CommandOptions, views: Views): void {
  const format = options.oneOf('output', FORMATS);
  const text = format === 'json' ? indented(views.json()) : views[format](terminal);
  if (typeof text !== 'string') terminal.out(text);
  else if (text !== '') terminal.out(text.endsWith('\n') ? text : `${text}\n`);
}

/** For `json`: a value of ours. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value);
}

/** JSON text, a member or an element a line. What nests too deep stays as it is. */
function indented(text: string): string {
  const tree = jsonTree(Buffer.from(text));
  return tree === undefined ? text : indentedTree(tree, '\n');
}

/** @param lineFeed and the blanks that the line of the tree begins with */
function indentedTree(tree: JsonTree, lineFeed: string): string {
  const below = `${lineFeed}  `;
  if (tree.kind === 'object' && tree.members.size > 0) {
    const members = [...tree.members].map(
      ([name, member]) => `${JSON.stringify(name)}: ${indentedTree(member, below)}`,
    );
    return `{${below}${members.join(`,${below}`)}${lineFeed}}`;
  }
  if (tree.kind === 'array' && tree.elements.length > 0) {
    const elements = tree.elements.map((element) => indentedTree(element, below));
    return `[${below}${elements.join(`,${below}`)}${lineFeed}]`;
  }
  return tree.text;
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
  const texts = Object.entries(members).flatMap(([name, text]) =>
    text === undefined ? [] : [`${JSON.stringify(name)}:${text}`],
  );
  return `{${texts.join(',')}}`;
}

const GAP = '  ';

/**
 * Columns as wide as their widest cell, in places of the terminal. Control characters are shown,
 * not obeyed.
 */
export function table(
  { colours }: Pick<Terminal, 'colours'>,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, ...rows.map((row) => row.map(visible))];
  const widths = head.map((_, column) =>
    greatestOf(lines.map((line) => stringWidth(line[column] ?? ''))),
  );
  return lines
    .map((line, index) => {
      const cells = line.map(
        (cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - stringWidth(cell))),
      );
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
