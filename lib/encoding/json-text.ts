/** The members of a JSON object, with their values as they were written (docs/http-api.md). */

/** The media type of JSON (RFC 8259). */
export const JSON_TYPE = 'application/json';

export type JsonMembers =
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, string> }
  /** Valid JSON, but an array, a string, a number, ... */
  | { readonly kind: 'other' }
  | { readonly kind: 'duplicate'; readonly name: string }
  /** Not JSON; `reason` is what the parser says. */
  | { readonly kind: 'broken'; readonly reason: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Splits the top level of a JSON text: name -> JSON text of the value, without blanks around it.
 * `JSON.parse` alone would round numbers beyond 2^53; it judges the text here, and the scan that
 * follows may therefore take the text to be valid. A Map, since a member may be called `__proto__`.
 */
export function jsonMembers(text: string): JsonMembers {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { kind: 'broken', reason: error instanceof Error ? error.message : 'not JSON' };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return { kind: 'other' };
  return splitObject(text);
}

/** The same of a text that `JSON.parse` has judged already: for what is within another. */
export function splitObject(text: string): JsonMembers {
  if (text[skipBlanks(text, 0)] !== '{') return { kind: 'other' };
  const members = new Map<string, string>();
  let at = skipBlanks(text, skipBlanks(text, 0) + 1);
  while (text[at] !== '}') {
    const nameEnd = stringEnd(text, at);
    const name = stringOf(text.slice(at, nameEnd));
    const valueStart = skipBlanks(text, skipBlanks(text, nameEnd) + 1);
    const valueEnd = endOfValue(text, valueStart);
    if (members.has(name)) return { kind: 'duplicate', name };
    members.set(name, text.slice(valueStart, valueEnd));
    at = skipBlanks(text, valueEnd);
    if (text[at] === ',') at = skipBlanks(text, at + 1);
  }
  return { kind: 'object', members };
}

/** The elements of a valid JSON array, each as it was written; undefined where it is none. */
export function splitArray(text: string): string[] | undefined {
  const open = skipBlanks(text, 0);
  if (text[open] !== '[') return undefined;
  const elements: string[] = [];
  let at = skipBlanks(text, open + 1);
  while (text[at] !== ']') {
    const end = endOfValue(text, at);
    elements.push(text.slice(at, end));
    at = skipBlanks(text, end);
    if (text[at] === ',') at = skipBlanks(text, at + 1);
  }
  return elements;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (BLANKS.has(text.charCodeAt(at))) at += 1;
  return at;
}

/** The index after the closing quote of the string that opens at `start`, in valid JSON. */
export function stringEnd(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (!isEscaped(text, quote)) return quote + 1;
    at = quote + 1;
  }
}

/** Is there an odd number of backslashes before it? */
function isEscaped(text: string, quote: number): boolean {
  let at = quote;
  while (text.charCodeAt(at - 1) === BACKSLASH) at -= 1;
  return (quote - at) % 2 === 1;
}

/** A part of a string that is longer keeps all of it in memory; the parser makes strings anew. */
const COPIED_LENGTH_MAX = 12;

/** What a valid JSON text of a string stands for. */
export function stringOf(text: string): string {
  // Without escapes it stands for itself, and needs no parser.
  const isPlain = text.length <= COPIED_LENGTH_MAX + 2 && !text.includes('\\');
  return isPlain ? text.slice(1, -1) : (JSON.parse(text) as string);
}

const PUNCTUATION = /["{}[\],]/g;

/** The index after the value that begins at `start`, blanks behind it not included. */
function endOfValue(text: string, start: number): number {
  if (text.charCodeAt(start) === QUOTE) return stringEnd(text, start);
  let depth = 0;
  let at = start;
  for (;;) {
    PUNCTUATION.lastIndex = at;
    const found = PUNCTUATION.exec(text);
    if (found === null) return text.length;
    const mark = found[0];
    at = found.index + 1;
    if (mark === '"') at = stringEnd(text, found.index);
    else if (mark === '{' || mark === '[') depth += 1;
    else if (depth === 0) return trimEnd(text, start, found.index);
    else if (mark !== ',') depth -= 1;
    if (depth === 0 && mark !== ',' && mark !== undefined) return at;
  }
}

function trimEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && ' \t\n\r'.includes(text.charAt(at - 1))) at -= 1;
  return at;
}
