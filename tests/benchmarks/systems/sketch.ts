/** The yardstick: three nodes without semantics, asked as Quorate is. See sketch-node.ts. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { V8_FLAGS } from '../../../bin/node/v8-flags.js';
import type { System } from '../system.js';
import { cleanEnvironment, nextMessage, stop } from './process.js';
import { QUORATE_WORKS } from './quorate.js';

/** Where a node listens. */
export interface SketchPorts {
  readonly clients: number;
  readonly peers: number;
}

const NODES = 3;
const NODE = fileURLToPath(new URL('./sketch-node.js', import.meta.url));
const WORKS = ['put quorum', 'get quorum', 'get one'];

export async function startSketch(dataDir: string): Promise<System> {
  const children = Array.from({ length: NODES }, (_, i) =>
    // Flags as a node of a local cluster has them.
    fork(NODE, [join(dataDir, `sketch-${i}`)], {
      env: cleanEnvironment(),
      execArgv: [...V8_FLAGS],
    }),
  );
  const said = () => Promise.all(children.map(nextMessage));
  const ports = (await said()) as SketchPorts[];
  const connected = said();
  for (const [i, child] of children.entries()) {
    child.send(ports.filter((_, j) => j !== i).map(({ peers }) => peers));
  }
  await connected;
  return {
    name: 'sketch, 3 nodes',
    version: process.version,
    synced: 'LevelDB log, synced in groups, on 2 of 3 nodes before the answer',
    endpoints: ports.map(({ clients }) => `http://127.0.0.1:${clients}`),
    pids: children.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    works: new Map([...QUORATE_WORKS].filter(([name]) => WORKS.includes(name))),
    keeps: { put: 'put quorum', get: 'get quorum' },
    stop: async () => {
      await Promise.all(children.map(stop));
    },
  };
}
