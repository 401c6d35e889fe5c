/**
 * redis of Debian, alone, every write synced: the floor of a store that replicates nothing. It
 * speaks no HTTP, so redis-benchmark loads it.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freeBasePort } from '../../integration/real-cluster.js';
import { GENERATORS, KEYS_A_GENERATOR } from '../keys.js';
import type { Generated, OwnLoad, System } from '../system.js';
import { cleanEnvironment, firstOutput, stop } from './process.js';

const VALUE_BYTES = 100;
/** redis-benchmark counts requests, no seconds: as many as this rate makes, until one is known. */
const FIRST_PER_SECOND = 10_000;

export async function startRedis(dataDir: string): Promise<System> {
  const port = await freeBasePort();
  const folder = join(dataDir, 'redis');
  mkdirSync(folder);
  const flags = {
    ...{ port, bind: '127.0.0.1', dir: folder },
    ...{ appendonly: 'yes', appendfsync: 'always', save: '' },
  };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn('redis-server', words, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: cleanEnvironment(),
  });
  await firstOutput(child, (text) => text.includes('Ready to accept connections'));
  return {
    name: 'redis, alone',
    version: redisVersion(),
    synced: 'append-only file, always',
    endpoints: [`redis://127.0.0.1:${port}`],
    pids: child.pid === undefined ? [] : [child.pid],
    works: new Map(),
    ownLoads: new Map(['set', 'get'].map((work) => [work, ownLoad(port, work)])),
    keeps: undefined,
    stop: () => stop(child),
  };
}

function redisVersion(): string {
  const text = execFileSync('redis-server', ['--version'], { encoding: 'utf8' });
  return /v=(\S+)/.exec(text)?.[1] ?? 'unknown';
}

function ownLoad(port: number, work: string): OwnLoad {
  let perSecond = FIRST_PER_SECOND;
  return async (connections, seconds) => {
    const requests = Math.round(perSecond * seconds);
    const flags = {
      ...{ p: port, c: connections, n: requests, d: VALUE_BYTES, t: work },
      r: GENERATORS * KEYS_A_GENERATOR,
    };
    const words = Object.entries(flags).flatMap(([name, value]) => [`-${name}`, String(value)]);
    const { stdout } = await promisify(execFile)('redis-benchmark', [...words, '--csv']);
    const generated = parseRedisBenchmark(stdout, requests);
    perSecond = requests / generated.seconds;
    return [generated];
  };
}

/** @throws Error where it is not the table of redis-benchmark */
export function parseRedisBenchmark(text: string, requests: number): Generated {
  const [head = '', row = ''] = text.trim().split('\n');
  const cells = row.split(',').map((cell) => Number(cell.replaceAll('"', '')));
  const names = head.split(',').map((cell) => cell.replaceAll('"', ''));
  const cell = (name: string): number => cells[names.indexOf(name)] ?? Number.NaN;
  const perSecond = cell('rps');
  if (!(perSecond > 0)) throw new Error(`redis-benchmark failed: ${text}`);
  return {
    requests,
    seconds: requests / perSecond,
    p50Milliseconds: cell('p50_latency_ms'),
    p99Milliseconds: cell('p99_latency_ms'),
    // It ends at the first error, without a table.
    failures: 0,
  };
}
