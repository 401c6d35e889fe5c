/** LevelDB after damage: repaired, and remembered as such until the loss is on record elsewhere. */
import { open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import type { StorageRepair } from '../environment/storage.js';
import { messageOf } from '../errors.js';

/** In its log of events, where it passes over part of its write-ahead log at an opening. */
const PASSED_OVER = /^.*dropping \d+ bytes.*$/m;

/**
 * The marker lies beside the database, and is there before anything is repaired: a crash in between
 * must not make a loss look like a clean start.
 */
export class LevelRepairs {
  readonly #directory: string;
  readonly #marker: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.#marker = `${directory}.repaired`;
  }

  /** Keeps what can be read; what cannot goes to the folder `lost`. */
  async repair(reason: string): Promise<void> {
    await this.#mark(reason);
    await ClassicLevel.repair(this.#directory);
  }

  /** Whatever this opening, or one before it, has lost. */
  async find(): Promise<StorageRepair | undefined> {
    const events = await readFile(join(this.#directory, 'LOG'), 'utf8').catch(() => '');
    const passedOver = PASSED_OVER.exec(events)?.[0];
    if (passedOver !== undefined) await this.#mark(passedOver);
    const reason = await readFile(this.#marker, 'utf8').catch(unlessMissing);
    if (reason === undefined) return undefined;
    return { reason, noted: () => rm(this.#marker, { force: true }) };
  }

  async #mark(reason: string): Promise<void> {
    const file = await open(this.#marker, 'w');
    try {
      await file.writeFile(reason);
      await file.sync();
    } finally {
      await file.close();
    }
    const folder = await open(join(this.#directory, '..'));
    await folder.sync().finally(() => folder.close());
  }
}

/** Is there more than an empty directory? */
export async function holdsData(directory: string): Promise<boolean> {
  const names = await readdir(directory).catch((error: unknown) => unlessMissing(error) ?? []);
  return names.some((name) => /\.(?:ldb|sst|log)$/.test(name));
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw new Error(messageOf(error), { cause: error });
}
