/** One node of a loaded cluster: where its main thread is, and what it allocates. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf, promisesOf } from './allocations.js';
import { fill, hangUp } from './ask.js';
import { type CpuProfile, placeOf, profiled } from './cpu-profile.js';
import { Inspector } from './inspector.js';
import { GENERATORS } from './keys.js';
import { measure } from './measure.js';
import type { BenchOptions } from './options.js';
import { workOf } from './system.js';
import { startQuorate } from './systems/quorate.js';

const NODES = 3;
const WARM_UP_SECONDS = 15;
const ROWS_MAX = 40;
/** Waiting, and what is no function. */
const NOT_WORK = new Set(['(idle)', '(root)']);

/** Loads a cluster, and tells what one of its nodes does. */
export async function profileText(options: BenchOptions, workName: string): Promise<string> {
  const { connections, seconds, dataDir } = options;
  mkdirSync(dataDir, { recursive: true });
  const directory = mkdtempSync(join(dataDir, 'profile-'));
  const system = await startQuorate({ nodes: NODES, dataDir: directory });
  try {
    await fill(system, 'filled');
    const work = workOf(system, workName);
    const load = { system, work, connections, generators: GENERATORS, directory };
    await measure({ ...load, seconds: WARM_UP_SECONDS, stamp: 'warm-up' });
    const inspector = await Inspector.open(system.pids[0] ?? 0);
    let operations = 0;
    let cpuMicroseconds = 0;
    const run = async (): Promise<void> => {
      ({ operations, cpuMicroseconds } = await measure({ ...load, seconds, stamp: 'profiled' }));
    };
    const head = `${workName}, ${connections} connections, one node of ${NODES}`;
    const profile = await profiled(inspector, run);
    const time = `${cpuMicroseconds.toFixed(0)} us CPU an operation, all nodes, the profiler's too`;
    const promises = (await promisesOf(inspector, run)) / operations;
    const { bytes, largest } = await bytesOf(inspector, run);
    await inspector.close();
    const counts =
      `an operation makes ${promises.toFixed(1)} promises on this node and allocates ` +
      `${(bytes / operations).toFixed(0)} bytes (its share of all ${NODES}); most of them in:`;
    const places = largest.map(([frame, size]) => rowOf(size / bytes, placeOf(frame)));
    return [`${head}: ${time}`, tableOf(timesOf(profile)), counts, ...places].join('\n');
  } finally {
    hangUp();
    await system.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function rowOf(share: number, name: string): string {
  return `${(100 * share).toFixed(1).padStart(5)} %  ${name}`;
}

interface Times {
  /** Microseconds in the function itself. */
  self: number;
  /** With what it called, up to its first `await`. */
  whole: number;
}

function timesOf({ nodes, samples, timeDeltas }: CpuProfile): ReadonlyMap<string, Times> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const parents = new Map<number, number>();
  for (const { id, children = [] } of nodes) for (const child of children) parents.set(child, id);
  const times = new Map<string, Times>();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    if (NOT_WORK.has(name)) continue;
    const spent = timeDeltas[index] ?? 0;
    timeOf(times, name).self += spent;
    const callers = new Set<string>();
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      callers.add(names.get(at) ?? '');
    }
    for (const caller of callers) timeOf(times, caller).whole += spent;
  }
  return times;
}

function timeOf(times: Map<string, Times>, name: string): Times {
  const known = times.get(name);
  if (known !== undefined) return known;
  const fresh = { self: 0, whole: 0 };
  times.set(name, fresh);
  return fresh;
}

/** Two lists: by own time, and, of our own functions, by time with what they called. */
function tableOf(times: ReadonlyMap<string, Times>): string {
  const all = [...times.values()].reduce((sum, { self }) => sum + self, 0);
  const rows = (list: readonly [string, Times][], of: (time: Times) => number): string =>
    [...list]
      .sort(([, a], [, b]) => of(b) - of(a))
      .slice(0, ROWS_MAX)
      .map(([name, time]) => rowOf(of(time) / all, name))
      .join('\n');
  const own = [...times].filter(([name]) => name.includes(' lib/'));
  return [
    'in the function itself:',
    rows([...times], ({ self }) => self),
    'with what it called:',
    rows(own, ({ whole }) => whole),
  ].join('\n');
}
