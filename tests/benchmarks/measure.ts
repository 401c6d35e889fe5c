/** One measurement: load, CPU time, and a sample of the answers, so that nothing fast is wrong. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './ask.js';
import { cpuSeconds } from './cpu-seconds.js';
import type { Generated, LoadOptions } from './load.js';
import { generate } from './load.js';
import { keyOf, valueFor } from './keys.js';
import type { System } from './system.js';
import { workOf } from './system.js';

export interface Measured {
  readonly operationsPerSecond: number;
  /** All processes of the system together. */
  readonly cpuMicroseconds: number;
  /** The slowest generator's. */
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  readonly operations: number;
  /** Answers that were looked into. */
  readonly checked: number;
}

const SAMPLES = 24;
/** The first request of a generator is made, and not sent, when wrk looks at its script. */
const NEVER_SENT = 1;

/** @throws Error where an answer is wrong, or refused: then the figures would mean nothing */
export async function measure(options: LoadOptions): Promise<Measured> {
  const { system, work } = options;
  const before = cpuSeconds(system.pids);
  const load = generate(options);
  const checkedUnderLoad = work.writes ? 0 : await checkReads(options);
  const generated = await load;
  const cpu = cpuSeconds(system.pids) - before;
  const failures = sum(generated, ({ failures }) => failures);
  if (failures > 0) throw new Error(`${system.name}: ${failures} requests were refused or broken`);
  const checkedAfterwards = work.writes ? await checkWritten(options, generated) : 0;
  const size = work.batch?.size ?? 1;
  const operations = size * sum(generated, ({ requests }) => requests);
  return {
    operationsPerSecond: size * sum(generated, ({ requests, seconds }) => requests / seconds),
    cpuMicroseconds: (cpu * 1e6) / operations,
    p50Milliseconds: Math.max(...generated.map(({ p50Milliseconds }) => p50Milliseconds)),
    p99Milliseconds: Math.max(...generated.map(({ p99Milliseconds }) => p99Milliseconds)),
    operations,
    checked: checkedUnderLoad + checkedAfterwards,
  };
}

/** While the load runs: each answer holds a value of the key that was asked for. */
async function checkReads({ system, work, seconds, generators }: LoadOptions): Promise<number> {
  if (work.valueIn === undefined) return 0;
  for (let i = 0; i < SAMPLES; i += 1) {
    const key = keyOf(i % generators, i);
    const { status, body } = await ask(endpointOf(system, i), work, key, '');
    const held = status === 200 ? work.valueIn(body) : '';
    if (!held.startsWith(`${key}/`)) throw new Error(`${system.name}: ${status} ${body}`);
    await sleep((seconds * 800) / SAMPLES);
  }
  return SAMPLES;
}

/** What was acknowledged is what another endpoint reads: the very value of this load. */
async function checkWritten(
  { system, work: written, stamp, connections }: LoadOptions,
  generated: readonly Generated[],
): Promise<number> {
  if (system.keeps === undefined) return 0;
  const work = workOf(system, system.keeps.get);
  const size = written.batch?.size ?? 1;
  let checked = 0;
  for (const [generator, { requests }] of generated.entries()) {
    // Answers come in another order than requests, by as many as there are connections.
    const sure = (requests - connections - NEVER_SENT) * size;
    for (let sample = 0; sample < SAMPLES && sample < sure; sample += 1) {
      const i = NEVER_SENT * size + Math.floor((sample * sure) / SAMPLES);
      const key = keyOf(generator, i);
      const { body } = await ask(endpointOf(system, generator + 1 + sample), work, key, '');
      const held = work.valueIn?.(body);
      if (held !== valueFor(key, stamp)) throw new Error(`${system.name}: ${key} holds ${body}`);
      checked += 1;
    }
  }
  return checked;
}

function endpointOf({ endpoints }: System, i: number): string {
  return endpoints[i % endpoints.length] ?? '';
}

function sum<T>(list: readonly T[], value: (element: T) => number): number {
  return list.reduce((total, element) => total + value(element), 0);
}
