/** Where a benchmark ran: processors, versions, what a sync of its disk takes, and a read. */
import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

const SYNCS = 64;
const BLOCK = Buffer.alloc(4096, 1);
/** Bytes that fit into the second level of caches, and bytes that only a third would hold. */
const NEAR_BYTES = 2 ** 18;
const FAR_BYTES = 2 ** 23;
const LINE_NUMBERS = 16;
const READS = 2 ** 20;

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGigabytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly wrk: string;
  readonly fileSystem: string;
  /** Median of writing 4 KiB and `fdatasync`. */
  readonly syncMilliseconds: number;
  /** A read of memory that waits for the one before it, within `NEAR_BYTES` and `FAR_BYTES`. */
  readonly nearReadNanoseconds: number;
  readonly farReadNanoseconds: number;
}

export function machine(directory: string): Machine {
  const processors = cpus();
  return {
    cores: processors.length,
    processor: processors[0]?.model.trim() ?? 'unknown',
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    wrk: wrkVersion(),
    fileSystem: fileSystemOf(directory),
    syncMilliseconds: syncMilliseconds(directory),
    nearReadNanoseconds: readNanoseconds(NEAR_BYTES),
    farReadNanoseconds: readNanoseconds(FAR_BYTES),
  };
}

function wrkVersion(): string {
  try {
    execFileSync('wrk', ['--version'], { encoding: 'utf8', stdio: 'pipe' });
    return 'unknown';
  } catch (error) {
    // It prints its version, and its usage, and fails.
    const { stdout = '' } = error as { readonly stdout?: string };
    return /wrk\s+(\S+)/.exec(stdout)?.[1] ?? 'unknown';
  }
}

/** On a file system in memory a sync does nothing, and the table must say so. */
function fileSystemOf(directory: string): string {
  return execFileSync('stat', ['--file-system', '--format=%T', directory], {
    encoding: 'utf8',
  }).trim();
}

function syncMilliseconds(directory: string): number {
  const file = join(directory, 'sync-probe');
  const descriptor = openSync(file, 'w');
  const times = Array.from({ length: SYNCS }, () => {
    const start = process.hrtime.bigint();
    writeSync(descriptor, BLOCK);
    fdatasyncSync(descriptor);
    return Number(process.hrtime.bigint() - start) / 1e6;
  });
  closeSync(descriptor);
  rmSync(file);
  return times.sort((a, b) => a - b)[SYNCS / 2] ?? Number.NaN;
}

/** A walk through all cache lines of so many bytes, in an order that no processor foresees. */
function readNanoseconds(bytes: number): number {
  const next = new Int32Array(bytes / Int32Array.BYTES_PER_ELEMENT);
  const lines = shuffled(next.length / LINE_NUMBERS);
  lines.forEach((line, i) => {
    next[line * LINE_NUMBERS] = (lines[(i + 1) % lines.length] ?? 0) * LINE_NUMBERS;
  });
  walk(next, READS);
  const start = process.hrtime.bigint();
  walk(next, READS);
  return Number(process.hrtime.bigint() - start) / READS;
}

function walk(next: Int32Array, reads: number): number {
  let at = 0;
  for (let read = 0; read < reads; read += 1) at = next[at] ?? 0;
  return at;
}

/** 0 to `count` - 1 in any order (Fisher and Yates). */
function shuffled(count: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}
