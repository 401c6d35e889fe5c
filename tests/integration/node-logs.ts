/** What the log of a node says that it should not. */
import { readFileSync } from 'node:fs';

const HARMLESS: ReadonlySet<unknown> = new Set(['debug', 'info', 'warn']);

/** @param from bytes of the file that were there before */
export function errorsIn(file: string, from: number): string[] {
  const lines = readFileSync(file).subarray(from).toString('utf8').split('\n');
  return lines.filter((line) => line !== '' && !isHarmless(line));
}

/** What is no line of the log at all comes from a runtime that complains. */
function isHarmless(line: string): boolean {
  try {
    return HARMLESS.has((JSON.parse(line) as { readonly level?: unknown }).level);
  } catch {
    return false;
  }
}
