/** CPU profile of one node of a loaded cluster: where its main thread was, by function. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fill, hangUp } from './ask.js';
import type { CallFrame, CpuProfile } from './inspector.js';
import { profiled } from './inspector.js';
import { GENERATORS } from './keys.js';
import { measure } from './measure.js';
import type { BenchOptions } from './options.js';
import { workOf } from './system.js';
import { startQuorate } from './systems/quorate.js';

const WARM_UP_SECONDS = 3;
const ROWS_MAX = 40;
/** Waiting, and what is no function. */
const NOT_WORK = new Set(['(idle)', '(root)']);

/** Loads a cluster, and tells where one of its nodes was. */
export async function profileText(options: BenchOptions, workName: string): Promise<string> {
  const { connections, seconds, dataDir } = options;
  mkdirSync(dataDir, { recursive: true });
  const directory = mkdtempSync(join(dataDir, 'profile-'));
  const system = await startQuorate({ nodes: 3, dataDir: directory });
  try {
    await fill(system, 'filled');
    const work = workOf(system, workName);
    const load = { system, work, connections, generators: GENERATORS, directory };
    await measure({ ...load, seconds: WARM_UP_SECONDS, stamp: 'warm-up' });
    let cpuMicroseconds = 0;
    const profile = await profiled(system.pids[0] ?? 0, async () => {
      ({ cpuMicroseconds } = await measure({ ...load, seconds, stamp: 'profiled' }));
    });
    const head = `${workName}, ${connections} connections: ${cpuMicroseconds.toFixed(0)} us`;
    return `${head} CPU an operation, the profiler's included\n${tableOf(timesOf(profile))}`;
  } finally {
    hangUp();
    await system.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Times {
  /** Microseconds in the function itself. */
  self: number;
  /** With what it called, up to its first `await`. */
  whole: number;
}

function timesOf({ nodes, samples, timeDeltas }: CpuProfile): ReadonlyMap<string, Times> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
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

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const place = url.replace(/^.*\/(?:dist|node_modules)\//, '');
  const name = functionName === '' ? '(anonymous)' : functionName;
  return place === '' ? name : `${name} ${place}:${lineNumber + 1}`;
}

/** Two lists: by own time, and, of our own functions, by time with what they called. */
function tableOf(times: ReadonlyMap<string, Times>): string {
  const all = [...times.values()].reduce((sum, { self }) => sum + self, 0);
  const rows = (list: readonly [string, Times][], of: (time: Times) => number): string =>
    [...list]
      .sort(([, a], [, b]) => of(b) - of(a))
      .slice(0, ROWS_MAX)
      .map(([name, time]) => `${((100 * of(time)) / all).toFixed(1).padStart(5)} %  ${name}`)
      .join('\n');
  const own = [...times].filter(([name]) => name.includes(' lib/'));
  return [
    'in the function itself:',
    rows([...times], ({ self }) => self),
    'with what it called:',
    rows(own, ({ whole }) => whole),
  ].join('\n');
}
