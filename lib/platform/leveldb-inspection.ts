/** A look at the files of LevelDB before the engine sees them: it changes nothing. */
import type { FileHandle } from 'node:fs/promises';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../errors.js';
import { changeNumbersOf, firstKeyOf, tableHeadBytes } from './leveldb-content.js';
import { readLog, readManifest, type TableFacts } from './leveldb-manifest.js';
import { plainFile, readPlainFile } from './plain-file.js';

export interface Inspection {
  /** What is lost or not as it was written; undefined where nothing is. */
  readonly damage?: string | undefined;
  /** Files that the engine, or its repair, would stumble over. */
  readonly bad: readonly string[];
}

const FINE: Inspection = { bad: [] };
/** Every table ends with it (LevelDB's table format). */
const TABLE_END = Buffer.from('57fb808b247547db', 'hex');
const FOOTER_BYTES = 48;
const CURRENT_BYTES_MAX = 100;
/** Of files that are read as a whole: the engine begins a new log far below it. */
const WHOLE_BYTES_MAX = 0x7fff_ffff;
const ENGINE_FILE = /^(?:CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+|\d+\.(?:ldb|sst|log|dbtmp))$/;
/** They say nothing of what is stored. */
const WITHOUT_DATA = /^(?:LOCK|LOG|LOG\.old)$/;
const DATA_FILE = /^\d+\.(?:ldb|sst|log)$/;

export function isEngineFile(name: string): boolean {
  return ENGINE_FILE.test(name);
}

/** Is there more than an empty directory? */
export async function holdsData(directory: string): Promise<boolean> {
  return (await namesIn(directory)).some((name) => DATA_FILE.test(name));
}

/**
 * Each file that is needed is there, is a file, has the length that was written down, and lies in
 * its place. Flipped bits are left to checksums.
 * @throws Error of the system: no permission, a disk that cannot be read
 */
export async function inspect(directory: string): Promise<Inspection> {
  const names = (await namesIn(directory)).filter(isEngineFile);
  const others = await withoutFiles(directory, names);
  if (!names.some((name) => DATA_FILE.test(name))) return { bad: others };
  const lost = others.find((name) => !WITHOUT_DATA.test(name));
  if (lost !== undefined) return { damage: `${lost} is no file`, bad: others };
  const found = await inspectNamed(directory, new Set(names));
  return { ...found, bad: [...found.bad, ...others] };
}

/** From CURRENT to the manifest, and from there to the tables and the log. */
async function inspectNamed(directory: string, names: ReadonlySet<string>): Promise<Inspection> {
  const current = await readPlainFile(join(directory, 'CURRENT'), CURRENT_BYTES_MAX);
  const named = /^(MANIFEST-\d+)\n$/.exec(current?.toString('latin1') ?? '')?.[1];
  if (named === undefined) return { damage: 'CURRENT names no manifest', bad: [] };
  const bytes = await readPlainFile(join(directory, named), WHOLE_BYTES_MAX);
  if (bytes === undefined) return { damage: `${named} is missing, or too long`, bad: [] };
  try {
    const { logNumber, tables } = readManifest(bytes);
    return await inspectTables(directory, names, tables, logNumber);
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw error;
    return { damage: `${named} cannot be read: ${messageOf(error)}`, bad: [] };
  }
}

async function inspectTables(
  directory: string,
  names: ReadonlySet<string>,
  tables: ReadonlyMap<number, TableFacts>,
  logNumber: number,
): Promise<Inspection> {
  const bad: string[] = [];
  let damage: string | undefined;
  for (const [number, facts] of tables) {
    const name = [`${digits(number)}.ldb`, `${digits(number)}.sst`].find((one) => names.has(one));
    if (name === undefined) {
      damage ??= `the table ${digits(number)} is missing`;
      continue;
    }
    const { why, isBad } = await lookAtTable(join(directory, name), facts);
    if (why === undefined) continue;
    if (isBad) bad.push(name);
    damage ??= `the table ${name} ${why}`;
  }
  const logs = await inspectLogs(directory, names, logNumber);
  damage ??= logs.damage;
  return damage === undefined ? FINE : { damage, bad: [...bad, ...logs.bad] };
}

/**
 * All but the newest end with a whole record: the engine had gone on to the next. What is cut off
 * the newest cannot be seen here: the last commit numbers are gone too, and peers remember them.
 * Each change has a higher number than those before it, or the engine ends the process. That some
 * are missing in between is no damage: a power cut may take what was not synced.
 */
async function inspectLogs(
  directory: string,
  names: ReadonlySet<string>,
  logNumber: number,
): Promise<Inspection> {
  // The engine makes a log file before it writes down its number; a new or repaired one has none.
  const first = `${digits(logNumber)}.log`;
  if (logNumber > 0 && !names.has(first)) return { damage: `${first} is missing`, bad: [] };
  const logs = [...names].filter((name) => /^\d+\.log$/.test(name));
  const needed = logs.filter((name) => numberOf(name) >= logNumber);
  needed.sort((one, other) => numberOf(one) - numberOf(other));
  const bad: string[] = [];
  let damage: string | undefined;
  let before = 0;
  for (const name of needed) {
    const bytes = await readPlainFile(join(directory, name), WHOLE_BYTES_MAX);
    if (bytes === undefined) {
      damage ??= `${name} is too long`;
      bad.push(name);
      continue;
    }
    const log = readLogIn(bytes);
    if (log?.isWhole !== true && name !== needed.at(-1)) damage ??= `${name} is cut off`;
    const numbers = changeNumbersOf(log?.records ?? []);
    if (numbers === undefined) continue;
    if (!numbers.areAscending) {
      damage ??= `${name} holds changes twice`;
      bad.push(name);
    } else if (numbers.first <= before) {
      damage ??= `${name} holds changes of before those in another log`;
    }
    before = Math.max(before, numbers.last);
  }
  return { damage, bad };
}

function readLogIn(bytes: Uint8Array): ReturnType<typeof readLog> | undefined {
  try {
    return readLog(bytes);
  } catch {
    return undefined;
  }
}

interface Look {
  readonly why?: string;
  /** Is it no table that can be read? One in the wrong place can. */
  readonly isBad: boolean;
}

async function lookAtTable(path: string, { bytes, firstKey }: TableFacts): Promise<Look> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const isBad = !(await endsAsTable(file, size));
    if (size !== bytes) return { why: `has ${size} bytes, not ${bytes}`, isBad };
    if (isBad) return { why: 'does not end as a table', isBad };
    const head = Buffer.alloc(Math.min(size, tableHeadBytes(firstKey.length)));
    await file.read(head, 0, head.length, 0);
    const found = firstKeyOf(head, firstKey.length);
    if (found === undefined || Buffer.compare(found, firstKey) === 0) return { isBad };
    return { why: 'is another one', isBad };
  } finally {
    await file.close();
  }
}

async function endsAsTable(file: FileHandle, size: number): Promise<boolean> {
  if (size < FOOTER_BYTES) return false;
  const end = Buffer.alloc(TABLE_END.length);
  await file.read(end, 0, end.length, size - end.length);
  return end.equals(TABLE_END);
}

function numberOf(name: string): number {
  return Number.parseInt(name, 10);
}

/** As the engine names its files. */
function digits(number: number): string {
  return String(number).padStart(6, '0');
}

async function namesIn(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(unlessMissing)) ?? [];
}

async function withoutFiles(directory: string, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    if ((await plainFile(join(directory, name))) === undefined) found.push(name);
  }
  return found;
}

export function unlessMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
