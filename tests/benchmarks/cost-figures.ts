/** What the cost report measures, and the load of one point: warmed up, then metered. */
import type { WrkOptions } from './load.js';
import { endpointOf, runWrk } from './load.js';
import { metered } from './measure.js';
import type { PlainRequest, System, Work } from './system.js';

/** One work at one size of one axis. */
export interface CostFigure {
  readonly work: string;
  readonly x: number;
  readonly operationsPerSecond: number;
  readonly cpuMicroseconds: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
}

export interface CostContext {
  /** Of each measurement, after a warm-up. */
  readonly seconds: number;
  /** Where systems and requests are kept meanwhile. */
  readonly directory: string;
}

export interface Point {
  readonly system: System;
  readonly work: Work;
  /** Of the work, as the figures are called. */
  readonly name: string;
  readonly x: number;
  readonly connections: number;
  /** What a generator sends, again and again; generators write keys of their own. */
  readonly requests: (generator: number) => readonly PlainRequest[];
}

/** The first thousands of requests of a process are compiled while they are answered. */
const WARM_UP_SECONDS = 3;

/** A generator an endpoint, as far as there are connections. @throws Error where one is refused */
export async function measurePoint(
  { system, work, name, x, connections, requests }: Point,
  { seconds, directory }: CostContext,
): Promise<CostFigure> {
  const generators = Math.min(system.endpoints.length, connections);
  const loads = Array.from(
    { length: generators },
    (_, generator): WrkOptions => ({
      ...{ directory, name: String(generator), headers: work.headers, seconds },
      endpoint: endpointOf(system, generator),
      connections: Math.round(connections / generators),
      requests: requests(generator),
    }),
  );
  await Promise.all(loads.map((load) => runWrk({ ...load, seconds: WARM_UP_SECONDS })));
  const { measured } = await metered(system, () => Promise.all(loads.map(runWrk)));
  const { operationsPerSecond, cpuMicroseconds, p50Milliseconds, p99Milliseconds } = measured;
  console.error(`  ${name} at ${x}: ${cpuMicroseconds.toFixed(0)} us, p50 ${p50Milliseconds} ms`);
  return { work: name, x, operationsPerSecond, cpuMicroseconds, p50Milliseconds, p99Milliseconds };
}
