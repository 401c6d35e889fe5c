/** Texts as words of a shell, and requests as lines that can be pasted. */
import { USUAL_NAMESPACE, type KeyName } from '../api.js';

export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command about a key: with its options, and what it takes behind the key. */
export function keyLine(
  command: string,
  { namespace, key }: KeyName,
  options: readonly string[] = [],
  ...more: readonly string[]
): string {
  const where = namespace === USUAL_NAMESPACE ? [] : ['--namespace', namespace];
  const operands = [key, ...more];
  // What begins with a hyphen would be taken for an option.
  const words = operands.some((word) => word.startsWith('-'))
    ? [...options, ...where, '--', ...operands]
    : [...operands, ...options, ...where];
  return ['quorate', command, ...words.map(quoted)].join(' ');
}

export interface Shown {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

export function curlLine({ method, url, headers = {}, body }: Shown): string {
  const words = ['curl'];
  if (method !== 'GET') words.push('-X', method);
  for (const [name, value] of Object.entries(headers))
    words.push('-H', quoted(`${name}: ${value}`));
  if (body !== undefined) words.push('-d', quoted(body));
  words.push(quoted(url));
  return words.join(' ');
}
