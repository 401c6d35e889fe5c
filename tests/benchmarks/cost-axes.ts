/** The axes of the cost report: what grows, from where to where, and how it is measured. */
import type { CostContext, CostFigure } from './cost-figures.js';
import { measurePoint } from './cost-figures.js';
import { measureKeys } from './cost-of-keys.js';
import { measureSiblings } from './cost-of-siblings.js';
import { valueFor } from './keys.js';
import { sendOnce } from './open-load.js';
import type { PlainRequest, System } from './system.js';
import { workOf } from './system.js';
import { startQuorate } from './systems/quorate.js';

export interface Axis {
  readonly name: string;
  readonly title: string;
  readonly points: readonly number[];
  readonly quickPoints: readonly number[];
  readonly measure: (points: readonly number[], context: CostContext) => Promise<CostFigure[]>;
}

const MEBIBYTE = 1024 * 1024;
const KEYS = 2000;
const CONNECTIONS = 66;
/**
 * Of each generator: several times its connections. A blind put that meets another of its key on
 * its way makes a sibling, and the next one is refused, as it must.
 */
const KEYS_OF_CONNECTIONS = 8192;
/** Large values are many bytes in flight: fewer requests at once, at all sizes. */
const VALUE_CONNECTIONS = 12;
/** One at a time, a fill would take minutes. */
const FILL_CONNECTIONS_MIN = 12;
/** Of the requests of one generator. */
const FILE_BYTES_MAX = 32 * MEBIBYTE;
const KEYS_OF_VALUES_MIN = 8;

export const AXES: readonly Axis[] = [
  {
    name: 'keys',
    title: 'keys on one node',
    points: [1e4, 1e5, 1e6, 1e7],
    quickPoints: [1e4, 1e5],
    measure: measureKeys,
  },
  {
    name: 'values',
    title: 'bytes of a value',
    points: [10, 100, 1e3, 1e4, 1e5, MEBIBYTE],
    quickPoints: [10, 1e4, MEBIBYTE],
    measure: measureValues,
  },
  {
    name: 'nodes',
    title: 'nodes on two cores, N = 3 or as many as there are',
    points: [1, 2, 3, 4, 5, 6, 7],
    quickPoints: [1, 3, 5],
    measure: measureNodes,
  },
  {
    name: 'siblings',
    title: 'siblings of a key',
    points: [1, 2, 4, 8, 16, 32],
    quickPoints: [1, 8, 32],
    measure: measureSiblings,
  },
  {
    name: 'connections',
    title: 'connections of clients, three nodes',
    points: [1, 4, 16, 66, 258, 1024, 4096],
    quickPoints: [1, 66, 1024],
    measure: measureConnections,
  },
];

async function withNodes<T>(
  nodes: number,
  { directory }: CostContext,
  use: (system: System) => Promise<T>,
): Promise<T> {
  const replicas = Math.min(nodes, 3);
  const system = await startQuorate({ nodes, replicas, dataDir: directory });
  try {
    return await use(system);
  } finally {
    await system.stop();
  }
}

/** Puts of `count` keys of the generator's own; gets ask for the same. */
function requestsFor(
  { work, system }: { readonly work: string; readonly system: System },
  { count, bytes = 100, name }: { readonly count: number; bytes?: number; readonly name: string },
): (generator: number) => PlainRequest[] {
  return (generator) =>
    Array.from({ length: count }, (_, i) => {
      const key = `${name}-${generator}-${i}`;
      // With its quotes, a string in JSON.
      const value = valueFor(key, 'cost')
        .slice(0, bytes - 2)
        .padEnd(bytes - 2, '.');
      return workOf(system, work).request(key, value);
    });
}

async function measureWorks(
  works: readonly string[],
  point: { readonly system: System; readonly x: number; readonly connections: number },
  keys: { readonly count: number; readonly bytes?: number },
  context: CostContext,
): Promise<CostFigure[]> {
  const { system, x } = point;
  const sized = { ...keys, name: `cost-${x}` };
  const puts = requestsFor({ work: 'put quorum', system }, sized);
  const { headers } = workOf(system, 'put quorum');
  const all = system.endpoints.flatMap((_, generator) => puts(generator));
  await sendOnce({
    ...{ endpoints: system.endpoints, count: all.length },
    connections: Math.max(FILL_CONNECTIONS_MIN, Math.min(point.connections, CONNECTIONS)),
    request: (n) => {
      const { method, path, body = '' } = all[n] ?? { method: 'GET', path: '/' };
      return { method, path, headers, body };
    },
  });
  const figures: CostFigure[] = [];
  for (const name of works) {
    const requests = requestsFor({ work: name, system }, sized);
    const work = workOf(system, name);
    figures.push(await measurePoint({ ...point, name, work, requests }, context));
  }
  return figures;
}

function measureValues(points: readonly number[], context: CostContext): Promise<CostFigure[]> {
  return withNodes(3, context, async (system) => {
    const figures: CostFigure[] = [];
    for (const x of points) {
      const fitting = Math.floor(FILE_BYTES_MAX / x);
      const count = Math.max(KEYS_OF_VALUES_MIN, Math.min(KEYS, fitting));
      const point = { system, x, connections: VALUE_CONNECTIONS };
      const works = ['put quorum', 'get quorum'];
      figures.push(...(await measureWorks(works, point, { count, bytes: x }, context)));
    }
    return figures;
  });
}

async function measureNodes(
  points: readonly number[],
  context: CostContext,
): Promise<CostFigure[]> {
  const figures: CostFigure[] = [];
  for (const x of points) {
    const measured = await withNodes(x, context, (system) => {
      const works = ['put quorum', 'get quorum', 'get one'];
      const point = { system, x, connections: CONNECTIONS };
      return measureWorks(works, point, { count: KEYS }, context);
    });
    figures.push(...measured);
  }
  return figures;
}

function measureConnections(
  points: readonly number[],
  context: CostContext,
): Promise<CostFigure[]> {
  return withNodes(3, context, async (system) => {
    const figures: CostFigure[] = [];
    for (const x of points) {
      const point = { system, x, connections: x };
      const works = ['put quorum', 'get quorum'];
      const keys = { count: KEYS_OF_CONNECTIONS };
      figures.push(...(await measureWorks(works, point, keys, context)));
    }
    return figures;
  });
}
