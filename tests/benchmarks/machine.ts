/** Where a benchmark ran: processors, versions, and what a sync of this disk takes. */
import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

const SYNCS = 64;
const BLOCK = Buffer.alloc(4096, 1);

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
