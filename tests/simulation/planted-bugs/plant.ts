/** Plants a bug in built code. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlantedBug } from './planted-bug.js';

/** The text of the file with the bug in it. @throws Error where the right text is not there once */
export async function plantedText(lib: string, bug: PlantedBug): Promise<string> {
  const { name, file, right, wrong } = bug;
  const parts = (await readFile(join(lib, file), 'utf8')).split(right);
  if (parts.length === 2) return parts.join(wrong);
  throw new Error(`"${name}" matches ${parts.length - 1} times in ${file}, not once`);
}

export async function plant(lib: string, bug: PlantedBug): Promise<void> {
  await writeFile(join(lib, bug.file), await plantedText(lib, bug));
}
