/** A local cluster of Quorate, as `quorate cluster` runs it: one process a node, synced batches. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { softwareVersion } from '../../../bin/software-version.js';
import type { System, Work } from '../system.js';
import { BATCH_WORKS } from './quorate-batches.js';
import { cleanEnvironment, firstOutput, stop } from './process.js';

export interface QuorateOptions {
  readonly nodes: number;
  readonly basePort: number;
  readonly dataDir: string;
}

interface Announced {
  readonly nodes: readonly { readonly pid: number; readonly url: string }[];
}

const COMMAND = fileURLToPath(new URL('../../../bin/quorate.js', import.meta.url));

export async function startQuorate(options: QuorateOptions): Promise<System> {
  const { nodes, basePort, dataDir } = options;
  const flags = { nodes, 'base-port': basePort, 'data-dir': join(dataDir, `quorate-${nodes}`) };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [COMMAND, 'cluster', ...words, '-o', 'json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: cleanEnvironment(),
  });
  const announced = JSON.parse(await firstOutput(child, isJson)) as Announced;
  return {
    name: nodes === 1 ? 'Quorate, one node' : `Quorate, ${nodes} nodes`,
    version: softwareVersion(),
    synced: 'LevelDB log, synced in groups, on W nodes before the answer',
    endpoints: announced.nodes.map(({ url }) => url),
    pids: announced.nodes.map(({ pid }) => pid),
    works: WORKS,
    keeps: { put: 'put quorum', get: 'get quorum' },
    stop: () => stop(child),
  };
}

function isJson(text: string): boolean {
  return /\n\}\s*$/.test(text);
}

function get(level: string): Work {
  return {
    headers: { 'X-Consistency-Level': level },
    request: (key) => ({ method: 'GET', path: `/api/v1/kv/${key}` }),
    valueIn: (body) => (JSON.parse(body) as { readonly value: string }).value,
    writes: false,
  };
}

/** Blind: without a context, so that the versions are asked for first. */
const PUT: Work = {
  headers: { 'X-Consistency-Level': 'quorum', 'Content-Type': 'application/json' },
  request: (key, value) => ({
    method: 'PUT',
    path: `/api/v1/kv/${key}`,
    body: JSON.stringify({ value }),
  }),
  valueIn: undefined,
  writes: true,
};

const WORKS: ReadonlyMap<string, Work> = new Map([
  ...BATCH_WORKS,
  ['put quorum', PUT],
  ['get quorum', get('quorum')],
  ['get one', get('one')],
  ['get eventual', get('eventual')],
]);
