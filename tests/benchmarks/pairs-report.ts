/**
 * Two builds side by side, in pairs of rounds: `npm run pairs-report -- DIR`.
 * On a machine that is never quiet, only such a ratio says whether a change has helped.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fill, hangUp } from './ask.js';
import { GENERATORS } from './keys.js';
import { type Measured, measure } from './measure.js';
import { median } from './report.js';
import { type System, workOf } from './system.js';
import { startQuorate } from './systems/quorate.js';
import { wholeNumber } from '../whole-number.js';

const HERE = fileURLToPath(new URL('../../..', import.meta.url));
const WARM_UP_SECONDS = 10;
/** What was put is compacted a while longer, and the other would pay for it. */
const REST_MILLISECONDS = 1000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: 'string', default: '3' },
    connections: { type: 'string', default: '66' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    work: { type: 'string', multiple: true, default: ['put quorum', 'get one', 'get quorum'] },
  },
});
const [other] = positionals;
if (other === undefined) throw new Error('name the folder of another build: pairs-report DIR');
const connections = wholeNumber('--connections', values.connections);
const nodes = wholeNumber('--nodes', values.nodes);
const rounds = wholeNumber('--rounds', values.rounds);
const seconds = wholeNumber('--seconds', values.seconds);
const folders = [resolve(other), HERE];

async function start(folder: string): Promise<{ system: System; remove: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-pairs-'));
  const command = join(folder, 'dist/bin/quorate.js');
  const system = await startQuorate({ nodes, dataDir: directory, command });
  await fill(system, 'filled');
  const remove = async (): Promise<void> => {
    await system.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { system, remove };
}

async function round(system: System, name: string, stamp: string, seconds: number) {
  await sleep(REST_MILLISECONDS);
  const directory = mkdtempSync(join(tmpdir(), 'quorate-pairs-'));
  try {
    const work = workOf(system, name);
    const load = { system, work, connections, generators: GENERATORS, directory };
    return await measure({ ...load, seconds, stamp });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The first of a pair is the other in the next: what a round leaves behind is for both to bear. */
async function pairs(systems: readonly System[], work: string): Promise<Measured[][]> {
  const measured: Measured[][] = systems.map(() => []);
  for (const system of systems) await round(system, work, 'warm-up', WARM_UP_SECONDS);
  for (let n = 0; n < rounds; n += 1) {
    for (const i of n % 2 === 0 ? [0, 1] : [1, 0]) {
      const system = systems[i];
      if (system === undefined) continue;
      measured[i]?.push(await round(system, work, `round-${n}`, seconds));
    }
  }
  return measured;
}

function row(work: string, [before = [], after = []]: readonly Measured[][]): string {
  const ratio = (figure: (one: Measured) => number): string =>
    median(after.map((one, i) => figure(one) / figure(before[i] ?? one))).toFixed(2);
  const middle = (all: readonly Measured[], figure: (one: Measured) => number): string =>
    median(all.map(figure)).toFixed(1);
  const cells = [
    ...[middle(before, throughput), middle(after, throughput), ratio(throughput)],
    ...[middle(before, cpu), middle(after, cpu), ratio(cpu), ratio((one) => one.p99Milliseconds)],
  ];
  return `| ${work} | ${cells.join(' | ')} |`;
}

const throughput = ({ operationsPerSecond }: Measured): number => operationsPerSecond;
const cpu = ({ cpuMicroseconds }: Measured): number => cpuMicroseconds;

const started = [];
try {
  for (const folder of folders) started.push(await start(folder));
  const systems = started.map(({ system }) => system);
  console.log(`${values.nodes} nodes, ${connections} connections, ${values.rounds} pairs`);
  console.log('| work | ops/s there | here | x | CPU us there | here | x | p99 x |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const work of values.work) console.log(row(work, await pairs(systems, work)));
} finally {
  hangUp();
  for (const { remove } of started) await remove();
}
