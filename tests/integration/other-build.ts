/** A copy of this build with one constant changed: how the next release will be, or another one. */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface Change {
  /** Below `dist/`, as it was built. */
  readonly file: string;
  /** Must be there once. */
  readonly constant: string;
  readonly instead: string;
}

/** @returns the program of the copy */
export function otherBuild(folder: string, { file, constant, instead }: Change): string {
  for (const part of ['lib', 'bin', 'config']) {
    const filter = (name: string): boolean => !/\.(?:map|d\.ts)$/.test(name);
    cpSync(join(ROOT, 'dist', part), join(folder, 'dist', part), { recursive: true, filter });
  }
  for (const name of ['package.json', 'config']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const changed = join(folder, 'dist', file);
  const parts = readFileSync(changed, 'utf8').split(constant);
  if (parts.length !== 2) throw new Error(`${file} does not hold once: ${constant}`);
  writeFileSync(changed, parts.join(instead));
  return join(folder, 'dist/bin/quorate.js');
}
