/** What a running cluster writes down in its folder: who runs, and where it can be asked. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { HAND_WRITTEN_BYTES_MAX, readBounded } from '../../config/bounded-file.js';
import { processStamp } from '../../lib/platform/process-stamp.js';
import { replaceFile } from '../../lib/platform/replace-file.js';

const runningShape = z.looseObject({
  /** Of the process that watches the nodes. */
  pid: z.int(),
  /** Path of the control socket. */
  socket: z.string(),
  nodes: z.array(
    z.looseObject({
      id: z.string(),
      address: z.string(),
      pid: z.int().optional(),
      /** See platform/process-stamp.ts. */
      stamp: z.string().optional(),
    }),
  ),
});

export type Running = z.infer<typeof runningShape>;
export type RunningNode = Running['nodes'][number];

/** @throws OperatingError `not_ready` */
export function noteRunning(dataDir: string, running: Running): void {
  replaceFile(fileOf(dataDir), `${JSON.stringify(running, undefined, 2)}\n`);
}

export function forgetRunning(dataDir: string): void {
  rmSync(fileOf(dataDir), { force: true });
}

/** As it was written down last, perhaps by a cluster that has ended; undefined: there is none. */
export function runningOf(dataDir: string): Running | undefined {
  try {
    return runningShape.parse(
      JSON.parse(readBounded(fileOf(dataDir), HAND_WRITTEN_BYTES_MAX).toString()),
    );
  } catch {
    return undefined;
  }
}

/**
 * The process of a node, if that very process runs now, whether its cluster still watches it or
 * not. The number alone may be anybody's by now.
 */
export function livePidOf({ pid, stamp }: RunningNode): number | undefined {
  if (pid === undefined || stamp === undefined) return undefined;
  return processStamp(pid) === stamp ? pid : undefined;
}

function fileOf(dataDir: string): string {
  return join(dataDir, 'running.json');
}
