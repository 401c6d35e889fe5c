/** What is measured once, and is no row of load: memory, an exchange, etcd by its own tool. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Owner } from '../integration/real-cluster.js';
import { measureMemory } from './measure-memory.js';
import { measurePair } from './measure-pair.js';
import type { Fact } from './report.js';
import type { Experiment } from './rows.js';
import type { System } from './system.js';
import { isInstalled, missing } from './tools.js';

export interface FactOptions {
  readonly isQuick: boolean;
  readonly owner: Owner;
  /** Where it runs. */
  readonly etcd: System | undefined;
}

const KEYS = 1_000_000;
const KEYS_QUICK = 30_000;
const OVERWRITE_SECONDS = 600;
const OVERWRITE_SECONDS_QUICK = 5;
const MEGABYTE = 1e6;

export const FACTS: readonly {
  readonly experiment: Experiment;
  readonly measure: (options: FactOptions) => Promise<readonly Fact[]>;
}[] = [
  { experiment: 'P3', measure: checkPerf },
  { experiment: 'P10', measure: memory },
  { experiment: 'P12', measure: exchange },
];

/** A minute of puts over gRPC, as etcd's own tool makes them. */
async function checkPerf({ isQuick, etcd }: FactOptions): Promise<readonly Fact[]> {
  if (isQuick || etcd === undefined) return [];
  if (!isInstalled('etcdctl')) {
    console.error(`NOT RUN: ${missing('etcdctl')}`);
    return [];
  }
  const words = ['check', 'perf', '--load=xl', `--endpoints=${etcd.endpoints.join(',')}`];
  const run = promisify(execFile)('etcdctl', words, { env: { ...process.env, ETCDCTL_API: '3' } });
  // It fails where etcd is slower than it wants: the figures are there all the same.
  const { stdout } = await run.catch((error: unknown) => error as { readonly stdout: string });
  return [
    {
      experiment: 'P3',
      text: 'etcdctl check perf --load=xl, over gRPC: writes/s',
      value: parseCheckPerf(stdout),
      ...{ unit: '', target: undefined },
    },
  ];
}

/** @throws Error where it is not the report of `etcdctl check perf` */
export function parseCheckPerf(text: string): number {
  const rate = /Throughput (?:is|too low:) (\d+) writes\/s/.exec(text)?.[1];
  if (rate === undefined) throw new Error(`etcdctl failed: ${text}`);
  return Number(rate);
}

async function memory({ isQuick }: FactOptions): Promise<readonly Fact[]> {
  const keys = isQuick ? KEYS_QUICK : KEYS;
  const seconds = isQuick ? OVERWRITE_SECONDS_QUICK : OVERWRITE_SECONDS;
  const { startedBytes, highestBytes, growth, perSecond } = await measureMemory(keys, seconds);
  const said = `${seconds} s of overwrites (${perSecond.toFixed(0)}/s)`;
  const fact = { experiment: 'P10', unit: 'MB' } as const;
  const held = `resident with ${keys} keys of 100 bytes on one node`;
  return [
    { ...fact, text: `${held}, at its start`, value: startedBytes / MEGABYTE, target: 250 },
    { ...fact, text: `most, in ${said}`, value: highestBytes / MEGABYTE, target: 400 },
    {
      ...{ experiment: 'P10', text: 'its last fifth over its second, of the median', unit: '' },
      ...{ value: growth, target: 1.05 },
    },
  ];
}

async function exchange({ isQuick, owner }: FactOptions): Promise<readonly Fact[]> {
  const keys = isQuick ? KEYS_QUICK : KEYS;
  const { steps } = await measurePair(owner, keys);
  const alike = steps.find(({ name }) => name === 'identical');
  const text = `exchange of two identical replicas of ${keys} keys`;
  const fact = { experiment: 'P12', text } as const;
  return [
    { ...fact, value: alike?.cpuMilliseconds ?? Number.NaN, unit: 'ms CPU', target: 50 },
    { ...fact, value: alike?.bytes ?? Number.NaN, unit: 'bytes', target: 1024 },
  ];
}
