/** The version of this software, as its package says. */
import { readFileSync } from 'node:fs';

let known: string | undefined;

export function softwareVersion(): string {
  known ??= read();
  return known;
}

function read(): string {
  const file = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  return version;
}
