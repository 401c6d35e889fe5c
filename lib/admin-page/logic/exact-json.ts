/**
 * JSON whose numbers stay as they were written. `JSON.parse` alone rounds what is beyond 2^53 and
 * drops the last zero of 1.10: shown, edited or restored, a value would be another.
 */

/** A marked string stands for a number, or for a string that itself begins with the mark. */
const MARK = '\u0000';
const NUMBER = `${MARK}n`;
const STRING = `${MARK}s`;
/** Strings are matched so that digits within them are left alone. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARKED = /"(?:[^"\\]|\\.)*"/g;
const STARTS_MARKED = /^"\\u0000/;

/**
 * Numbers that a double holds exactly, spelled as JavaScript spells them, become numbers; others
 * become marked strings, which only `writeExact` reads.
 * @throws SyntaxError as `JSON.parse`
 */
export function parseExact(text: string): unknown {
  // It judges the text; what follows may take it to be valid.
  const plain: unknown = JSON.parse(text);
  let isMarked = false;
  const marked = text.replace(TOKENS, (token) => {
    const isString = token.startsWith('"');
    if (isString ? !STARTS_MARKED.test(token) : String(Number(token)) === token) return token;
    isMarked = true;
    return isString ? `"\\u0000s${token.slice(1)}` : `"\\u0000n${token}"`;
  });
  return isMarked ? JSON.parse(marked) : plain;
}

/** JSON text of what `parseExact` has made. Undefined: of nothing. */
export function writeExact(value: unknown, indent?: number): string | undefined {
  const text = JSON.stringify(value, undefined, indent) as string | undefined;
  return text?.replace(MARKED, (token) => {
    if (!STARTS_MARKED.test(token)) return token;
    const held = JSON.parse(token) as string;
    if (held.startsWith(NUMBER)) return held.slice(NUMBER.length);
    return JSON.stringify(held.slice(STRING.length));
  });
}
