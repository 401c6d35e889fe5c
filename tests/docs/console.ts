/** What a console block shows: commands, and what each prints, more or less. */

export interface Shown {
  readonly command: string;
  /** Lines; `...` stands for anything, a line of it for any lines. Empty: nothing is said. */
  readonly output: readonly string[];
}

const PROMPT = '$ ';
const CONTINUED = /\\$/;

export function shownOf(text: string): Shown[] {
  const all: { command: string; output: string[] }[] = [];
  for (const line of text.trimEnd().split('\n')) {
    const last = all.at(-1);
    if (line.startsWith(PROMPT)) all.push({ command: line.slice(PROMPT.length), output: [] });
    else if (last === undefined) throw new Error(`"${line}" stands before any command`);
    else if (CONTINUED.test(last.command)) last.command += `\n${line}`;
    else last.output.push(line);
  }
  return all;
}

/** Undefined: what was printed is like what is shown. */
export function unlike(shown: readonly string[], printed: string): string | undefined {
  if (shown.length === 0) return undefined;
  const lines = shown.map((line) =>
    line.trim() === '...' ? '[\\s\\S]*?' : `${patternOf(line)}\\s*?\\n`,
  );
  const pattern = new RegExp(`^\\s*${lines.join('')}\\s*$`);
  if (pattern.test(`${printed.trimEnd()}\n`)) return undefined;
  return `shown:\n${shown.join('\n')}\nprinted:\n${printed}`;
}

function patternOf(line: string): string {
  const parts = line.trim().split('...');
  return parts.map((part) => wordsOf(part)).join('.*?');
}

/** Columns may be wider. */
function wordsOf(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ +/g, '\\s+');
}
