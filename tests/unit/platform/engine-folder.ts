/** A folder of LevelDB with many files, and what may become of each of them. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Storage } from '../../../lib/environment/storage.js';
import { decodeStored, encodeStored } from '../../../lib/persistence/checksummed.js';
import { openLevelStorage } from '../../../lib/platform/leveldb-storage.js';

export const SIZES = { cacheBytes: 1_048_576, writeBufferBytes: 65_536 };
/** Written in each batch, as the commit number of a store is. */
export const COMMIT = 'commit';
const BATCHES = 160;
const KEYS_OF_BATCH = 8;
const KEYS = 499;
const VALUE_BYTES = 500;
/** Its table takes long enough to be met. */
const LARGE_BUFFER_BYTES = 8 * 1024 * 1024;
const LARGE_BATCH_KEYS = 400;
const TABLE_KEYS = 50;
/** A file system keeps no zeros: it takes no room. */
const TOO_LONG_BYTES = 3 * 1024 ** 3;

/** Looks like chance, and compresses as little. */
export function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = Math.imul(seed, 2_654_435_761) || 1;
  for (let i = 0; i < length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

/** @returns what is in it, by key */
export async function fillFolder(directory: string): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  let storage = await openLevelStorage({ directory, ...SIZES });
  for (let n = 0; n < BATCHES; n += 1) {
    const entries = Array.from({ length: KEYS_OF_BATCH }, (_, i): [string, Uint8Array] => {
      const count = n * KEYS_OF_BATCH + i;
      return [`r${(count * 7919) % KEYS}`, noise(VALUE_BYTES, count + 1)];
    });
    entries.push([COMMIT, new TextEncoder().encode(String(n).padStart(6, '0'))]);
    const stored = entries.map(([key, value]) => [key, encodeStored(key, value)] as const);
    const batch = stored.map(([key, value]) => ({ type: 'put' as const, key, value }));
    await storage.write(batch, { sync: n % 10 === 0 });
    for (const [key, value] of stored) contents.set(key, value);
    if (n !== BATCHES / 2) continue;
    await storage.close();
    storage = await openLevelStorage({ directory, ...SIZES });
  }
  await storage.write([], { sync: true });
  // A full log goes once its table is written: what is damaged then is the same in every run.
  while (readdirSync(directory).filter((name) => name.endsWith('.log')).length > 1) await sleep(10);
  await storage.close();
  return contents;
}

/**
 * As a folder is where a process ends while a log that is full becomes a table: two are needed.
 * @returns what is in it, by key
 */
export async function fillTwoLogs(directory: string): Promise<Map<string, Uint8Array>> {
  for (let attempt = 1; ; attempt += 1) {
    const contents = await tryTwoLogs(`${directory}-${attempt}`, directory);
    if (contents !== undefined) return contents;
  }
}

async function tryTwoLogs(
  live: string,
  directory: string,
): Promise<Map<string, Uint8Array> | undefined> {
  const contents = new Map<string, Uint8Array>();
  const sizes = { ...SIZES, writeBufferBytes: LARGE_BUFFER_BYTES };
  const storage = await openLevelStorage({ directory: live, ...sizes });
  const logs = (folder: string): string[] =>
    readdirSync(folder).filter((name) => name.endsWith('.log'));
  try {
    for (let n = 0; logs(live).length < 2; n += 1) {
      const entries = Array.from({ length: LARGE_BATCH_KEYS }, (_, i): [string, Uint8Array] => {
        const count = n * LARGE_BATCH_KEYS + i;
        return [`r${count % KEYS}`, noise(VALUE_BYTES, count + 1)];
      });
      entries.push([COMMIT, new TextEncoder().encode(String(n).padStart(6, '0'))]);
      const stored = entries.map(([key, value]) => [key, encodeStored(key, value)] as const);
      const batch = stored.map(([key, value]) => ({ type: 'put' as const, key, value }));
      await storage.write(batch, { sync: false });
      for (const [key, value] of stored) contents.set(key, value);
    }
    cpSync(live, directory, { recursive: true });
    // Both are of use where no table has taken the place of the first meanwhile.
    const isEarly = logs(live).length === 2 && logs(directory).length === 2;
    if (isEarly) return contents;
    rmSync(directory, { recursive: true });
    return undefined;
  } finally {
    await storage.close();
    rmSync(live, { recursive: true });
  }
}

/** @returns what is in it, by key: all of it is in the last of some tables of the same length */
export async function fillTables(
  directory: string,
  tables: number,
): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  // What is in the log becomes a table when the engine opens.
  for (let round = 1; round <= tables + 1; round += 1) {
    const storage = await openLevelStorage({ directory, ...SIZES });
    for (let i = 0; round <= tables && i < TABLE_KEYS; i += 1) {
      const key = `k${100 + i}`;
      const value = encodeStored(key, noise(VALUE_BYTES, i + 1000 * round));
      await storage.write([{ type: 'put', key, value }], { sync: false });
      contents.set(key, value);
    }
    await storage.close();
  }
  return contents;
}

/** All files of the engine. */
export function filesToDamage(directory: string): string[] {
  const names = readdirSync(directory).sort();
  return names.filter((name) => /^(?:CURRENT|LOCK|LOG|MANIFEST)|\.(?:ldb|log)$/.test(name));
}

const changed = (path: string, change: (bytes: Buffer) => void): void => {
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
};
const flip = (bytes: Buffer, at: number): void => {
  const byte = bytes[at];
  if (byte !== undefined) bytes[at] = byte ^ 4;
};

/** What may become of a file. */
export const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  'is absent': (path) => rmSync(path),
  'is empty': (path) => truncateSync(path, 0),
  'is cut to half': (path) => truncateSync(path, statSync(path).size >> 1),
  'lacks a byte': (path) => truncateSync(path, Math.max(0, statSync(path).size - 1)),
  'has a flipped bit at its beginning': (path) => changed(path, (bytes) => flip(bytes, 0)),
  'has a flipped bit inside': (path) => changed(path, (bytes) => flip(bytes, bytes.length >> 1)),
  'has a flipped bit at its end': (path) => changed(path, (bytes) => flip(bytes, bytes.length - 1)),
  'is there twice in itself': (path) => appendFileSync(path, readFileSync(path)),
  'is a pipe': (path) => {
    rmSync(path);
    execFileSync('mkfifo', [path]);
  },
  'is a link to nothing': (path) => {
    rmSync(path);
    symlinkSync('/nowhere', path);
  },
  'is a link in a circle': (path) => {
    rmSync(path);
    symlinkSync(path, path);
  },
  'is far too long': (path) => truncateSync(path, TOO_LONG_BYTES),
  'is noise': (path) => writeFileSync(path, noise(statSync(path).size, 99)),
  'is a directory': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
};

export function swap(path: string, name: string): void {
  const other = join(dirname(path), name);
  renameSync(path, `${path}.swapped`);
  renameSync(other, path);
  renameSync(`${path}.swapped`, other);
}

export interface Found {
  readonly storage: Storage;
  readonly repaired: boolean;
  /** Keys that hold what was written before the last, or nothing. */
  readonly lost: number;
  readonly commit: string;
}

export function textOf(stored: Uint8Array | undefined): string {
  if (stored === undefined) return '';
  return new TextDecoder().decode(decodeStored(COMMIT, stored) as Uint8Array);
}

/** What is not whole shows at every read. */
function isWhole(key: string, stored: Uint8Array): boolean {
  try {
    decodeStored(key, stored);
    return true;
  } catch {
    return false;
  }
}

/** Opens it as a node does: what turns out to be damaged later is repaired at a second opening. */
export async function openAndRead(
  directory: string,
  contents: ReadonlyMap<string, Uint8Array>,
): Promise<Found> {
  let damage: string | undefined;
  for (;;) {
    const storage = await openLevelStorage({ directory, ...SIZES, damage });
    try {
      await storage.range({ from: '', before: '~', limit: 10 * KEYS });
      const wrong = [...contents].filter(([key, value]) => {
        const found = storage.get(key);
        if (found === undefined) return true;
        return Buffer.compare(found, value) !== 0 && isWhole(key, found);
      });
      const commit = textOf(storage.get(COMMIT));
      return { storage, repaired: storage.repair !== undefined, lost: wrong.length, commit };
    } catch (error) {
      await storage.close();
      if (damage !== undefined) throw error;
      damage = String(error);
    }
  }
}
