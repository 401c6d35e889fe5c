/** Load by wrk, one process an endpoint or generator, and what it says of the answers. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Generated, PlainRequest, System, Work } from './system.js';
import { KEYS_A_GENERATOR, keyOf, keysFrom, valueFor } from './keys.js';

/** From the built file to its neighbour among the sources. */
const script = (name: string): string =>
  fileURLToPath(new URL(`../../../tests/benchmarks/${name}`, import.meta.url));

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
  /** Each key only from the endpoint that stores it. */
  readonly near?: boolean;
  /** Open-loop at this rate, all generators together; otherwise a closed loop. */
  readonly perSecond?: number;
}

/** Runs all generators side by side; one result each. */
export function generate(options: LoadOptions): Promise<Generated[]> {
  const { system, work, stamp, connections, generators, directory } = options;
  const share = Math.round(connections / generators);
  return Promise.all(
    Array.from({ length: generators }, (_, generator) => {
      const endpoint = endpointOf(system, generator);
      return runWrk({
        ...{ endpoint, directory, name: String(generator), connections: share },
        headers: work.headers,
        requests: requestsOf(
          work,
          keysOf(options, generator).map((key) => [key, valueFor(key, stamp)]),
        ),
        seconds: options.seconds,
        compares: work.compares ?? false,
      });
    }),
  );
}

/** One request a row, or one for as many rows as a batch has. */
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

/** What a generator asks for, in its order. */
export function keysOf(
  { system, work, stamp, near = false }: LoadOptions,
  generator: number,
): string[] {
  if (work.keys !== undefined) return work.keys(generator, stamp);
  const all = work.writes
    ? Array.from({ length: KEYS_A_GENERATOR }, (_, i) => keyOf(generator, i))
    : keysFrom(generator);
  const endpoint = endpointOf(system, generator);
  return near ? all.filter((key) => system.ownerOf?.(key) === endpoint) : all;
}

export function endpointOf({ endpoints }: System, i: number): string {
  return endpoints[i % endpoints.length] ?? '';
}

export interface WrkOptions {
  readonly endpoint: string;
  readonly connections: number;
  readonly seconds: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent in turn, again and again. */
  readonly requests: readonly PlainRequest[];
  /** Where the file of requests goes, and its name among those at the same time. */
  readonly directory: string;
  readonly name: string;
  /** See `Work`. */
  readonly compares?: boolean;
}

/** One process of wrk, in a closed loop. */
export async function runWrk(options: WrkOptions): Promise<Generated> {
  const { endpoint, connections, seconds, requests, compares = false } = options;
  const file = join(options.directory, `requests-${options.name}`);
  const lines = requests.map(({ method, path, body = '' }) => `${method} ${path} ${body}\n`);
  writeFileSync(file, lines.join(''));
  const headers = Object.entries(options.headers).flatMap(([name, text]) => [
    '-H',
    `${name}: ${text}`,
  ]);
  const words = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', '10s'];
  const path = script(compares ? 'compare.lua' : 'load.lua');
  const child = spawn('wrk', [...words, ...headers, '-s', path, endpoint, '--', file], {
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
    trouble: [broken?.[0] ?? '', `not 2xx or 3xx: ${refused}`].join('; '),
  };
}

const MILLISECONDS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 };

function percentile(text: string, name: string): number {
  const [, amount, unit = ''] = new RegExp(`${name}\\s+([\\d.]+)(us|ms|s|m)`).exec(text) ?? [];
  return Number(amount) * (MILLISECONDS[unit] ?? Number.NaN);
}
