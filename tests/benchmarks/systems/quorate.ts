/** A local cluster of Quorate, as `quorate cluster` runs it: one process a node, synced batches. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { partitionOf } from '../../../lib/partitioning/partition.js';
import { softwareVersion } from '../../../bin/software-version.js';
import { freeBasePort } from '../../integration/real-cluster.js';
import { ask } from '../ask.js';
import { GENERATORS, keyOf } from '../keys.js';
import { eventLoopDelay } from '../node-metrics.js';
import type { System, Work } from '../system.js';
import { BATCH_WORKS } from './quorate-batches.js';
import { cleanEnvironment, firstOutput, stop } from './process.js';

export interface QuorateOptions {
  readonly nodes: number;
  /** How many nodes hold a key (N); 3, or as many as there are. */
  readonly replicas?: number;
  readonly dataDir: string;
  /** `quorate.js` of another build; that of this one if not given. */
  readonly command?: string;
}

interface Announced {
  readonly nodes: readonly { readonly id: string; readonly pid: number; readonly url: string }[];
}

const COMMAND = fileURLToPath(new URL('../../../bin/quorate.js', import.meta.url));

export async function startQuorate(options: QuorateOptions): Promise<System> {
  const { nodes, dataDir, replicas = Math.min(3, options.nodes), command = COMMAND } = options;
  const flags = {
    ...{ nodes, replicas, 'base-port': await freeBasePort() },
    'data-dir': join(dataDir, `quorate-${nodes}-${replicas}`),
  };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [command, 'cluster', ...words, '-o', 'json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: cleanEnvironment(),
  });
  const announced = JSON.parse(await firstOutput(child, isJson)) as Announced;
  const endpoints = announced.nodes.map(({ url }) => url);
  const name = nodes === 1 ? 'Quorate, one node' : `Quorate, ${nodes} nodes`;
  return {
    name: nodes > 1 && replicas === 1 ? `${name}, N=1` : name,
    version: softwareVersion(),
    synced: 'LevelDB log, synced in groups, on W nodes before the answer',
    endpoints,
    pids: announced.nodes.map(({ pid }) => pid),
    works: new Map([...QUORATE_WORKS, ...(await sessionWorks(endpoints))]),
    keeps: { put: 'put quorum', get: 'get quorum' },
    ...(replicas === 1 ? { ownerOf: await ownersOf(announced) } : {}),
    eventLoopDelay: async () => {
      const delays = await Promise.all(endpoints.map(eventLoopDelay));
      return Math.max(...delays.map((delay) => delay ?? 0));
    },
    stop: () => stop(child),
  };
}

function isJson(text: string): boolean {
  return /\n\}\s*$/.test(text);
}

interface RingAnswer {
  readonly partitions: number;
  readonly owners: readonly (readonly string[])[];
}

/** From key to the endpoint of its first owner. */
async function ownersOf({ nodes }: Announced): Promise<(key: string) => string> {
  const answer = await fetch(`${nodes[0]?.url}/api/v1/cluster/ring`);
  const { partitions, owners } = (await answer.json()) as RingAnswer;
  const urls = new Map(nodes.map(({ id, url }) => [id, url]));
  return (key) => {
    const [owner = ''] = owners[partitionOf('default', key, partitions)] ?? [];
    return urls.get(owner) ?? '';
  };
}

function get(level: string): Work {
  return {
    headers: { 'X-Consistency-Level': level },
    request: (key) => ({ method: 'GET', path: `/api/v1/kv/${key}` }),
    valueIn: (body) => (JSON.parse(body) as { readonly value: string }).value,
    writes: false,
  };
}

/** Of the session that is sent with each read: more than most have written. */
const SESSION_KEYS = 32;

/** Reads of a session whose writes all replicas have; none where the build knows no sessions. */
async function sessionWorks(endpoints: readonly string[]): Promise<[string, Work][]> {
  const work = put('session');
  let token = 'new';
  for (let i = 0; i < SESSION_KEYS; i += 1) {
    const key = keyOf(i % GENERATORS, i);
    const headers = { ...work.headers, 'X-Session-Token': token };
    const endpoint = endpoints[i % endpoints.length] ?? '';
    const { status, rawHeaders } = await ask(endpoint, { ...work, headers }, key, '');
    const at = rawHeaders.findIndex((name) => name.toLowerCase() === 'x-session-token');
    if (status !== 200 || at < 0) return [];
    token = rawHeaders[at + 1] ?? '';
  }
  const read = get('session');
  return [['get session', { ...read, headers: { ...read.headers, 'X-Session-Token': token } }]];
}

/** Without a context. */
function put(level: string): Work {
  return {
    headers: { 'X-Consistency-Level': level, 'Content-Type': 'application/json' },
    request: (key, value) => ({
      method: 'PUT',
      path: `/api/v1/kv/${key}`,
      body: JSON.stringify({ value }),
    }),
    valueIn: undefined,
    writes: true,
  };
}

function ownKeys(name: string, generator: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name}-${generator}-${i}`);
}

/** New ones for each load, which begins without their versions: 1,000 of all generators. */
function comparedKeys(generator: number, stamp: string): string[] {
  return ownKeys(`compared-${stamp}`, generator, 333);
}

export const QUORATE_WORKS: ReadonlyMap<string, Work> = new Map([
  ...BATCH_WORKS,
  ['put quorum', put('quorum')],
  ['put one', put('one')],
  ['get quorum', get('quorum')],
  ['get one', get('one')],
  ['get eventual', get('eventual')],
  ['get strong', get('strong')],
  ['get bounded', get('bounded-staleness;max=1s')],
  ['put strong', { ...put('strong'), keys: (generator) => ownKeys('strong', generator, 4_000) }],
  ['compare and set', { ...put('strong'), keys: comparedKeys, compares: true }],
]);
