/** The format of a data folder, in a small file: looked at before anything else is touched. */
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from './leveldb-inspection.js';

const NAME = 'format';
const TEXT = /^quorate data, format (\d+)\n$/;

/** Undefined where the folder is new, or the file damaged: what is stored says it then. */
export async function readFormat(dataDir: string): Promise<number | undefined> {
  const path = join(dataDir, NAME);
  const text = (await isFile(path)) ? await readFile(path, 'latin1') : '';
  const found = TEXT.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** For the folder of a node that has started: all in it is known to be of this format. */
export async function writeFormat(dataDir: string, format: number): Promise<void> {
  if ((await readFormat(dataDir)) === format) return;
  const path = join(dataDir, NAME);
  // Whatever else lies there says nothing.
  for (const one of [path, `${path}.new`]) {
    if (!(await isFile(one))) await rm(one, { recursive: true, force: true });
  }
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(`quorate data, format ${format}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** A directory is none, nor a pipe, nor a link to nothing. */
async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(unlessMissing))?.isFile() === true;
}
