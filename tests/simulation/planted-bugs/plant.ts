/** Plants a bug in built code. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlantedBug } from './planted-bug.js';

/** @param built the folder that holds `lib` and `bin` as they were built */
function pathOf(built: string, { file }: PlantedBug): string {
  return join(built, file.startsWith('bin/') ? file : join('lib', file));
}

/** The text of the file with the bug in it. @throws Error where the right text is not there once */
export async function plantedText(built: string, bug: PlantedBug): Promise<string> {
  const { name, file, right, wrong } = bug;
  const parts = (await readFile(pathOf(built, bug), 'utf8')).split(right);
  if (parts.length === 2) return parts.join(wrong);
  throw new Error(`"${name}" matches ${parts.length - 1} times in ${file}, not once`);
}

export async function plant(built: string, bug: PlantedBug): Promise<void> {
  await writeFile(pathOf(built, bug), await plantedText(built, bug));
}
