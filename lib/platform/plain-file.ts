/** A file of a node, distinguished from whatever else lies under its name before it is opened. */
import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';

/** What the system says where nothing lies there, or a link that leads nowhere or in a circle. */
const NOWHERE: ReadonlySet<unknown> = new Set(['ENOENT', 'ELOOP']);

/**
 * Undefined: there is none. A folder is none, nor a device, nor a pipe, for which whoever opens it
 * would wait for ever.
 * @throws Error of the system: no permission, a disk that cannot be read
 */
export async function plainFile(path: string): Promise<Stats | undefined> {
  const about = await stat(path).catch(unlessNowhere);
  return about?.isFile() === true ? about : undefined;
}

export function unlessNowhere(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && NOWHERE.has(error.code)) return undefined;
  throw error;
}

/**
 * Undefined: there is none, or it is longer than any that the node has written.
 * @throws Error of the system, as above
 */
export async function readPlainFile(path: string, bytesMax: number): Promise<Buffer | undefined> {
  const about = await plainFile(path);
  return about === undefined || about.size > bytesMax ? undefined : readFile(path);
}
