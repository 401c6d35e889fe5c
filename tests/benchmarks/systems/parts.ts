/** What a put is made of, each part alone in a process: storage commits and messages of peers. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { V8_FLAGS } from '../../../bin/node/v8-flags.js';
import type { Generated, OwnLoad, System } from '../system.js';
import { cleanEnvironment, nextMessage, stop } from './process.js';

export const PARTS = ['storage put', 'message'] as const;
export type Part = (typeof PARTS)[number];

export interface PartRequest {
  readonly part: Part;
  /** So many at once. */
  readonly connections: number;
  readonly seconds: number;
}

const PROCESS = fileURLToPath(new URL('./parts-process.js', import.meta.url));

export async function startParts(dataDir: string): Promise<System> {
  const child = fork(PROCESS, [join(dataDir, 'parts')], {
    env: cleanEnvironment(),
    // As a node of a local cluster has it.
    execArgv: [...V8_FLAGS],
  });
  await nextMessage(child);
  const load =
    (part: Part): OwnLoad =>
    async (connections, seconds) => {
      const request: PartRequest = { part, connections, seconds };
      child.send(request);
      return [(await nextMessage(child)) as Generated];
    };
  return {
    name: 'a part alone',
    version: process.version,
    synced: 'storage: the log, in groups',
    endpoints: [],
    pids: child.pid === undefined ? [] : [child.pid],
    works: new Map(),
    ownLoads: new Map(PARTS.map((part) => [part, load(part)])),
    keeps: undefined,
    stop: () => stop(child),
  };
}
