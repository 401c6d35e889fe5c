/** `--session-file`: the tokens of a session between one command and the next. */
import { open, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBounded } from '../config/bounded-file.js';
import { messageOf, OperatingError } from '../lib/errors.js';

/** Far above the tokens of any session, one for each cluster. */
const BYTES_MAX = 1024 * 1024;
const TOKEN = /^[\w-]+$/;
const LOCK_PAUSE_MILLISECONDS = 20;
/** A command writes within milliseconds: one that is so old has left its lock behind. */
const LOCK_AGE_MAX_MILLISECONDS = 5000;

/**
 * One token a line; none where there is no file yet.
 * @throws OperatingError `invalid_request` where it holds something else
 */
export function readSession(file: string): string[] {
  let text: string;
  try {
    text = readBounded(file, BYTES_MAX).toString('latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw refused(file, `cannot be read: ${messageOf(error)}`);
  }
  const lines = text.split('\n').filter((line) => line !== '');
  if (!lines.every((line) => TOKEN.test(line))) throw refused(file, 'holds no session tokens');
  return lines;
}

/**
 * Before anything is sent: what a write has done cannot be taken back.
 * @throws OperatingError `invalid_request` where no file can be made beside it
 */
export async function assertSessionWritable(file: string): Promise<void> {
  const next = nextOf(file);
  try {
    await (await open(next, 'w', 0o600)).close();
    await rm(next);
  } catch (error) {
    throw refused(file, `cannot be written: ${messageOf(error)}`);
  }
}

/**
 * The old file or the new one, whatever happens meanwhile; for its owner alone.
 * @throws OperatingError `invalid_request`
 */
export async function writeSession(file: string, tokens: readonly string[]): Promise<void> {
  const next = nextOf(file);
  try {
    const handle = await open(next, 'w', 0o600);
    try {
      await handle.writeFile(`${tokens.join('\n')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(next, file);
  } catch (error) {
    throw refused(file, `cannot be written: ${messageOf(error)}`);
  }
}

/** What one command keeps in the file. Others may use it at the same time, and lose nothing. */
export class SessionFile {
  readonly #file: string;
  /** What it has read there, or written: its answers take the place of these alone. */
  #own: readonly string[];
  #last: Promise<void> = Promise.resolve();

  constructor(file: string, tokens: readonly string[]) {
    this.#file = file;
    this.#own = tokens;
  }

  /** One after the other. @throws OperatingError `invalid_request` */
  keep(tokens: readonly string[]): Promise<void> {
    const kept = this.#last.then(() => locked(this.#file, () => this.#merge(tokens)));
    this.#last = kept.catch(() => undefined);
    return kept;
  }

  async #merge(tokens: readonly string[]): Promise<void> {
    const others = readSession(this.#file).filter((one) => !this.#own.includes(one));
    await writeSession(this.#file, [...new Set([...others, ...tokens])]);
    this.#own = tokens;
  }
}

/** Runs while no other command does. */
async function locked(file: string, run: () => Promise<void>): Promise<void> {
  const lock = `${file}.lock`;
  try {
    while (!(await isTaken(lock))) await sleep(LOCK_PAUSE_MILLISECONDS);
  } catch (error) {
    throw refused(file, `cannot be written: ${messageOf(error)}`);
  }
  try {
    await run();
  } finally {
    await rm(lock, { force: true });
  }
}

async function isTaken(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const { mtimeMs = Date.now() } = (await stat(lock).catch(() => undefined)) ?? {};
  if (Date.now() - mtimeMs > LOCK_AGE_MAX_MILLISECONDS) await rm(lock, { force: true });
  return false;
}

function nextOf(file: string): string {
  return `${file}.${process.pid}.new`;
}

function refused(file: string, why: string): OperatingError {
  return new OperatingError('invalid_request', `--session-file ${file} ${why}`);
}
