/** CPU profile of one node of a cluster under load: where its main thread was, function by function. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fill, hangUp } from './ask.js';
import { GENERATORS } from './keys.js';
import { measure } from './measure.js';
import type { BenchOptions } from './options.js';
import { workOf } from './system.js';
import { startQuorate } from './systems/quorate.js';

const BASE_PORT = 28_200;
const ROWS_MAX = 45;
const IDLE = new Set(['(idle)', '(root)', '(program)']);

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Loads the cluster, and tells where the busiest of its nodes was. */
export async function profileText(options: BenchOptions, workName: string): Promise<string> {
  mkdirSync(options.dataDir, { recursive: true });
  const directory = mkdtempSync(join(resolve(options.dataDir), 'profile-'));
  const { connections, seconds } = options;
  try {
    const nodeOptions = `--cpu-prof --cpu-prof-interval=500 --cpu-prof-dir=${directory}`;
    const system = await startQuorate({
      ...{ nodes: 3, basePort: BASE_PORT, dataDir: directory, nodeOptions },
    });
    let figures: string;
    try {
      await fill(system, 'filled');
      const work = workOf(system, workName);
      const load = { system, work, connections, generators: GENERATORS, directory };
      const measured = await measure({ ...load, seconds, stamp: 'profile' });
      figures = `${workName}, ${connections} connections: ${measured.cpuMicroseconds.toFixed(0)} us`;
    } finally {
      hangUp();
      await system.stop();
    }
    return `${figures} an operation, profiler included\n${tableOf(busiest(directory))}`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Each node writes one, and so does the process that started them. */
function busiest(directory: string): ReadonlyMap<string, number> {
  const all = readdirSync(directory)
    .filter((file) => file.endsWith('.cpuprofile'))
    .map((file) =>
      selfTimes(JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile),
    );
  return all.reduce((most, times) => (total(times) > total(most) ? times : most));
}

/** Function and place -> microseconds in it, not in what it called. */
function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): ReadonlyMap<string, number> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    if (!IDLE.has(name)) times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  }
  return times;
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const place = url.replace(/^.*\/(?:dist|node_modules)\//, '').replace(/^node:/, 'node:');
  const name = functionName === '' ? '(anonymous)' : functionName;
  return place === '' ? name : `${name} ${place}:${lineNumber + 1}`;
}

function total(times: ReadonlyMap<string, number>): number {
  return [...times.values()].reduce((sum, time) => sum + time, 0);
}

function tableOf(times: ReadonlyMap<string, number>): string {
  const all = total(times);
  const rows = [...times].sort(([, a], [, b]) => b - a).slice(0, ROWS_MAX);
  return rows
    .map(([name, time]) => `${((100 * time) / all).toFixed(1).padStart(5)} %  ${name}`)
    .join('\n');
}
