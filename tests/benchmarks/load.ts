/** Load by wrk, one process an endpoint or generator, and what it says of the answers. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PlainRequest, System, Work } from './system.js';
import { KEYS_A_GENERATOR, keyOf, keysFrom, valueFor } from './keys.js';

/** From the built file to its neighbour among the sources. */
const SCRIPT = fileURLToPath(new URL('../../../tests/benchmarks/load.lua', import.meta.url));

export interface LoadOptions {
  readonly system: System;
  readonly work: Work;
  /** All generators together. */
  readonly connections: number;
  readonly generators: number;
  readonly seconds: number;
  /** Marks the values that this load writes. */
  readonly stamp: string;
  /** Where the files of requests go. */
  readonly directory: string;
}

export interface Generated {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** Answers other than 2xx and 3xx, and connections that broke. */
  readonly failures: number;
}

/** Runs all generators side by side; one result each. */
export function generate(options: LoadOptions): Promise<Generated[]> {
  const { system, connections, generators, directory } = options;
  const share = Math.round(connections / generators);
  return Promise.all(
    Array.from({ length: generators }, (_, generator) => {
      const file = join(directory, `requests-${generator}`);
      writeFileSync(file, linesOf(options, generator));
      const endpoint = system.endpoints[generator % system.endpoints.length] ?? '';
      return runWrk(options, endpoint, share, file);
    }),
  );
}

function linesOf({ work, stamp }: LoadOptions, generator: number): string {
  const keys = work.writes
    ? Array.from({ length: KEYS_A_GENERATOR }, (_, i) => keyOf(generator, i))
    : keysFrom(generator);
  const rows = keys.map((key) => [key, valueFor(key, stamp)] as const);
  return requestsOf(work, rows)
    .map(({ method, path, body = '' }) => `${method} ${path} ${body}\n`)
    .join('');
}

function requestsOf(
  { request, batch }: Work,
  rows: readonly (readonly [key: string, value: string])[],
): PlainRequest[] {
  if (batch === undefined) return rows.map(([key, value]) => request(key, value));
  const { size } = batch;
  return Array.from({ length: Math.floor(rows.length / size) }, (_, i) =>
    batch.request(rows.slice(i * size, (i + 1) * size)),
  );
}

async function runWrk(
  { work, seconds }: LoadOptions,
  endpoint: string,
  connections: number,
  file: string,
): Promise<Generated> {
  const headers = Object.entries(work.headers).flatMap(([name, text]) => [
    '-H',
    `${name}: ${text}`,
  ]);
  const words = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', '10s'];
  const child = spawn('wrk', [...words, ...headers, '-s', SCRIPT, endpoint, '--', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  return parse(text);
}

/** @throws Error where it is not the report of wrk */
function parse(text: string): Generated {
  const [, requests, seconds] = /(\d+) requests in ([\d.]+)s/.exec(text) ?? [];
  const broken = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? '0';
  if (requests === undefined) throw new Error(`wrk failed: ${text}`);
  return {
    requests: Number(requests),
    seconds: Number(seconds),
    p50Milliseconds: percentile(text, '50%'),
    p99Milliseconds: percentile(text, '99%'),
    failures: (broken?.slice(1) ?? []).reduce((sum, n) => sum + Number(n), Number(refused)),
  };
}

const MILLISECONDS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 };

function percentile(text: string, name: string): number {
  const [, amount, unit = ''] = new RegExp(`${name}\\s+([\\d.]+)(us|ms|s|m)`).exec(text) ?? [];
  return Number(amount) * (MILLISECONDS[unit] ?? Number.NaN);
}
