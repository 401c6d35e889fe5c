/** LevelDB after damage: repaired, and remembered as such until the loss is on record elsewhere. */
import { link, lstat, mkdtemp, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import type { StorageRepair } from '../environment/storage.js';
import { isEngineFile, unlessMissing } from './leveldb-inspection.js';
import { makeFolder } from './make-folder.js';
import { plainFile, readPlainFile, unlessNowhere } from './plain-file.js';

/** In its log of events, where it passes over part of its write-ahead log at an opening. */
const PASSED_OVER = /^.*dropping \d+ bytes.*$/m;
/** Below the database: what was set aside at the last repair, by us and by the engine. */
const DAMAGED = 'damaged';
const LOST = 'lost';
const LINK_TO_NOTHING =
  'it is a link that leads nowhere: mount the disk behind it, or remove the link to begin empty';
/** What the engine says may quote a file that was swapped with another. */
const REASON_CHARACTERS_MAX = 500;
/** Of the marker: each character may take three. */
const MARKER_BYTES_MAX = 3 * REASON_CHARACTERS_MAX;

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

  /**
   * Keeps what can be read; what cannot goes to the folders `damaged` and `lost`.
   * @param bad files that the engine would stumble over
   */
  async repair(reason: string, bad: readonly string[]): Promise<void> {
    await this.#begin(reason);
    await this.#setAside(bad);
    await ClassicLevel.repair(this.#directory);
  }

  /** Nothing of it can be read: all of it goes to the folder `damaged`. */
  async giveUp(reason: string): Promise<void> {
    await this.#begin(reason);
    await this.#setAside((await readdir(this.#directory)).filter(isEngineFile));
  }

  /**
   * Something else lies where the folder was: it goes aside, and the store begins empty.
   * @throws Error for a link that leads nowhere: behind it may lie all that this node has
   */
  async clearPlace(): Promise<void> {
    const place = await lstat(this.#directory).catch(unlessMissing);
    if (place === undefined) return;
    const about = await stat(this.#directory).catch(unlessNowhere);
    if (about?.isDirectory() === true) return;
    if (about === undefined) throw new Error(LINK_TO_NOTHING);
    await this.#mark(`${this.#directory} is no folder`);
    const aside = `${this.#directory}.damaged`;
    await rm(aside, { recursive: true, force: true });
    await rename(this.#directory, aside);
  }

  /** Whatever lies in the way of the engine, and holds nothing: no loss. */
  async clear(names: readonly string[]): Promise<void> {
    if (names.length > 0) await this.#setAside(names);
  }

  /** Whatever this opening, or one before it, has lost. */
  async find(): Promise<StorageRepair | undefined> {
    const events = await readFile(join(this.#directory, 'LOG'), 'utf8').catch(() => '');
    const passedOver = PASSED_OVER.exec(events)?.[0];
    if (passedOver !== undefined) await this.#mark(passedOver);
    const reason = await this.#marked();
    if (reason === undefined) return undefined;
    return { reason, noted: () => rm(this.#marker, { recursive: true, force: true }) };
  }

  /**
   * The engine locks its file LOCK, but not while it repairs. So the same lock is taken elsewhere:
   * it belongs to the file, whatever its name.
   * @throws what the engine throws where another process holds it
   */
  async assertUnlocked(): Promise<void> {
    const elsewhere = await mkdtemp(`${this.#directory}.lock-`);
    try {
      const linked = await link(join(this.#directory, 'LOCK'), join(elsewhere, 'LOCK')).then(
        () => true,
        () => false,
      );
      if (!linked) return;
      const probe = new ClassicLevel(elsewhere);
      await probe.open();
      await probe.close();
    } finally {
      await rm(elsewhere, { recursive: true, force: true });
    }
  }

  /**
   * What an earlier repair has set aside goes, so that there is never more of it than one store;
   * not what one has that was not finished.
   */
  async #begin(reason: string): Promise<void> {
    const before = await this.#marked();
    await this.#mark(reason);
    if (before !== undefined) return;
    for (const folder of [DAMAGED, LOST]) {
      await rm(join(this.#directory, folder), { recursive: true, force: true });
    }
  }

  async #setAside(names: readonly string[]): Promise<void> {
    const folder = join(this.#directory, DAMAGED);
    makeFolder(folder, `the folder for damaged files ${folder}`);
    for (const name of names) {
      await rm(join(folder, name), { recursive: true, force: true });
      await rename(join(this.#directory, name), join(folder, name)).catch(unlessMissing);
    }
  }

  /**
   * Why there was a repair that is not on record yet. Whatever lies in the marker's place has taken
   * what it said: so there may have been one.
   */
  async #marked(): Promise<string | undefined> {
    if ((await lstat(this.#marker).catch(unlessMissing)) === undefined) return undefined;
    const bytes = await readPlainFile(this.#marker, MARKER_BYTES_MAX);
    return bytes?.toString() ?? `${this.#marker} is not as it was written`;
  }

  async #mark(reason: string): Promise<void> {
    const text = reason.slice(0, REASON_CHARACTERS_MAX);
    if ((await plainFile(this.#marker)) === undefined) {
      await rm(this.#marker, { recursive: true, force: true });
    }
    const file = await open(this.#marker, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    const folder = await open(dirname(this.#directory));
    await folder.sync().finally(() => folder.close());
  }
}
