/** One measurement: load, CPU time, and a sample of the answers, so that nothing fast is wrong. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './ask.js';
import { cpuSeconds } from './process-figures.js';
import type { LoadOptions } from './load.js';
import { endpointOf, generate, keysOf } from './load.js';
import { generatePaced } from './paced-load.js';
import { GENERATORS, keyOf, valueFor } from './keys.js';
import type { Generated, System } from './system.js';
import { workOf } from './system.js';

export interface Measured {
  readonly operationsPerSecond: number;
  /** All processes of the system together. */
  readonly cpuMicroseconds: number;
  /** The slowest generator's. */
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** p99 of event-loop delay of the worst process, milliseconds, where it says. */
  readonly eventLoopMilliseconds: number | undefined;
  readonly operations: number;
  /** Answers that were looked into. */
  readonly checked: number;
}

const SAMPLES = 24;
/** The first request of a generator is made, and not sent, when wrk looks at its script. */
const NEVER_SENT = 1;

/** @throws Error where an answer is wrong, or refused: then the figures would mean nothing */
export async function measure(options: LoadOptions): Promise<Measured> {
  const { system, work, perSecond } = options;
  const { measured, generated, beside } = await metered(
    system,
    () => (perSecond === undefined ? generate(options) : generatePaced(options, perSecond)),
    () => (work.writes ? Promise.resolve(0) : checkReads(options)),
    work.batch?.size,
  );
  const checkedAfterwards = work.writes ? await checkWritten(options, generated) : 0;
  return { ...measured, checked: beside + checkedAfterwards };
}

interface Metered {
  readonly measured: Measured;
  readonly generated: readonly Generated[];
  readonly beside: number;
}

/**
 * Runs a load, and something beside it.
 * @param size operations of one request
 * @throws Error where requests failed
 */
export async function metered(
  system: System,
  load: () => Promise<readonly Generated[]>,
  beside: () => Promise<number> = () => Promise.resolve(0),
  size = 1,
): Promise<Metered> {
  await system.eventLoopDelay?.();
  const before = cpuSeconds(system.pids);
  const [generated, besides] = await Promise.all([load(), beside()]);
  const cpu = cpuSeconds(system.pids) - before;
  const eventLoopMilliseconds = await system.eventLoopDelay?.();
  const failures = sum(generated, ({ failures }) => failures);
  if (failures > 0) {
    const troubles = generated.map(({ trouble = '' }) => trouble).join(' | ');
    throw new Error(`${system.name}: ${failures} requests failed: ${troubles}`);
  }
  const operations = size * sum(generated, ({ requests }) => requests);
  const measured = {
    operationsPerSecond: size * sum(generated, ({ requests, seconds }) => requests / seconds),
    cpuMicroseconds: (cpu * 1e6) / operations,
    p50Milliseconds: Math.max(...generated.map(({ p50Milliseconds }) => p50Milliseconds)),
    p99Milliseconds: Math.max(...generated.map(({ p99Milliseconds }) => p99Milliseconds)),
    eventLoopMilliseconds,
    operations,
    checked: 0,
  };
  return { measured, generated, beside: besides };
}

/** While the load runs: each answer holds a value of the key that was asked for. */
async function checkReads({ system, work, seconds }: LoadOptions): Promise<number> {
  if (work.valueIn === undefined) return 0;
  for (let i = 0; i < SAMPLES; i += 1) {
    const key = keyOf(i % GENERATORS, i);
    const { status, body } = await ask(endpointOf(system, i), work, key, '');
    const held = status === 200 ? work.valueIn(body) : '';
    if (!held.startsWith(`${key}/`)) throw new Error(`${system.name}: ${status} ${body}`);
    await sleep((seconds * 800) / SAMPLES);
  }
  return SAMPLES;
}

/** What was acknowledged is what another endpoint reads: the very value of this load. */
async function checkWritten(
  options: LoadOptions,
  generated: readonly Generated[],
): Promise<number> {
  const { system, stamp, connections } = options;
  if (system.keeps === undefined) return 0;
  const work = workOf(system, system.keeps.get);
  const size = options.work.batch?.size ?? 1;
  let checked = 0;
  for (const [generator, { requests }] of generated.entries()) {
    // Answers come in another order than requests, by as many as there are connections.
    const sure = (requests - connections - NEVER_SENT) * size;
    const keys = keysOf(options, generator);
    for (let sample = 0; sample < SAMPLES && sample < sure; sample += 1) {
      const i = NEVER_SENT * size + Math.floor((sample * sure) / SAMPLES);
      const key = keys[i % keys.length] ?? '';
      const { body } = await ask(endpointOf(system, generator + 1 + sample), work, key, '');
      const held = work.valueIn?.(body);
      if (held !== valueFor(key, stamp)) throw new Error(`${system.name}: ${key} holds ${body}`);
      checked += 1;
    }
  }
  return checked;
}

function sum<T>(list: readonly T[], value: (element: T) => number): number {
  return list.reduce((total, element) => total + value(element), 0);
}
