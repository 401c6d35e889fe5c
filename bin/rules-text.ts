/** Rules of a namespace as words of a command line: `name=value`. */
import { OperatingError } from '../lib/errors.js';

type Rules = Readonly<Record<string, unknown>>;

/** Numbers as such, lists of levels by commas. @param without what is to be done with `name=` */
export function rulesOf(
  words: readonly string[],
  without: (name: string) => void,
): Record<string, unknown> {
  const rules: Record<string, unknown> = {};
  for (const word of words) {
    const split = word.indexOf('=');
    if (split < 1) throw new OperatingError('invalid_request', `"${word}" is not RULE=VALUE`);
    const [name, text] = [word.slice(0, split), word.slice(split + 1)];
    if (text === '') without(name);
    else if (name === 'allowed_levels') rules[name] = text.split(',');
    else rules[name] = /^[0-9]+$/.test(text) && !name.endsWith('level') ? Number(text) : text;
  }
  return rules;
}

/** A rule without a value is taken away. */
export function rulesAfter(before: Rules, words: readonly string[]): Rules {
  const gone = new Set<string>();
  const changed = rulesOf(words, (name) => gone.add(name));
  const kept = Object.entries(before).filter(([name]) => !gone.has(name));
  return { ...Object.fromEntries(kept), ...changed };
}
