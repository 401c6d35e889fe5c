/** Opens LevelDB, whatever has become of its files (docs/architecture.md, D). */
import { ClassicLevel } from 'classic-level';
import type { StorageRepair } from '../environment/storage.js';
import { messageOf, OperatingError } from '../errors.js';
import { holdsData, inspect } from './leveldb-inspection.js';
import { LevelRepairs } from './leveldb-repairs.js';
import { isCorruption } from './storage-failure.js';

export interface LevelStorageOptions {
  /** Made where it does not exist; one process at a time may hold it. */
  readonly directory: string;
  /** Uncompressed blocks kept in memory. */
  readonly cacheBytes: number;
  /** What gathers in memory (and in the log) before it becomes a sorted file. */
  readonly writeBufferBytes: number;
  /** What the engine said of its files when it last stopped: they are repaired before they open. */
  readonly damage?: string | undefined;
}

/** No key is above it. */
export const LAST_KEY = '\u{10ffff}\u{10ffff}';

export type Database = ClassicLevel<string, Uint8Array>;

export interface Opened {
  readonly database: Database;
  readonly repair: StorageRepair | undefined;
}

/**
 * Repairs what does not open, and says so: what was lost, the caller must get from elsewhere.
 * Only files that are not as they were written are damage. What may not be read or written, a disk
 * that is full or fails, and a lock that another process holds end the opening: nothing is changed.
 * @throws OperatingError `storage_failed`; `details.locked` where another process holds it.
 */
export async function openLevel(options: LevelStorageOptions): Promise<Opened> {
  const { directory } = options;
  const repairs = new LevelRepairs(directory);
  try {
    const database = await openOrRepair(options, repairs);
    const repair = await repairs.find();
    // Of tables side by side the one with the highest number wins, though a repair, or a log that
    // was passed over in part, may have put older changes there. A compaction goes by the changes.
    if (repair !== undefined) await database.compactRange('', LAST_KEY);
    return { database, repair };
  } catch (error) {
    throw openFailed(directory, error);
  }
}

async function openOrRepair(
  options: LevelStorageOptions,
  repairs: LevelRepairs,
): Promise<Database> {
  await repairs.clearPlace();
  const { damage, bad } = await inspect(options.directory);
  const reason = damage ?? options.damage;
  if (reason !== undefined) {
    await repairs.assertUnlocked();
    return repaired(options, repairs, reason, bad);
  }
  await repairs.clear(bad);
  try {
    return await openDatabase(options);
  } catch (error) {
    const cause = causeOf(error);
    if (!isCorruption(cause)) throw error;
    return repaired(options, repairs, messageOf(cause), bad);
  }
}

/** Where a repair does not help, the store begins empty: as a disk that was lost. */
async function repaired(
  options: LevelStorageOptions,
  repairs: LevelRepairs,
  reason: string,
  bad: readonly string[],
): Promise<Database> {
  try {
    await repairs.repair(reason, bad);
    return await openReadable(options);
  } catch (error) {
    const cause = causeOf(error);
    if (!isCorruption(cause)) throw error;
    await repairs.giveUp(`${reason}; after a repair: ${messageOf(cause)}`);
    return openDatabase(options);
  }
}

/** A repair may leave a table that nobody can read: so everything is read once. */
async function openReadable(options: LevelStorageOptions): Promise<Database> {
  const database = await openDatabase(options);
  try {
    for await (const entry of database.iterator({ fillCache: false })) void entry;
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function openDatabase(options: LevelStorageOptions): Promise<Database> {
  const database: Database = new ClassicLevel(options.directory, {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    // A database without its first file is damaged; made anew, it would delete all others.
    createIfMissing: !(await holdsData(options.directory)),
    cacheSize: options.cacheBytes,
    writeBufferSize: options.writeBufferBytes,
  });
  await database.open();
  return database;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

function openFailed(directory: string, error: unknown): OperatingError {
  const cause = causeOf(error);
  const locked = cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED';
  const reason = locked ? 'another process holds it' : messageOf(cause);
  return new OperatingError('storage_failed', `cannot open ${directory}: ${reason}`, {
    outcome: 'none',
    details: { directory, locked },
    cause,
  });
}
