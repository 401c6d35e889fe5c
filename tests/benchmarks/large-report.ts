/**
 * `npm run large-report`: how long small gets take beside 64 values of 1 MiB at once, and how many
 * bytes of buffers are in use meanwhile, once what is not has been collected.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LargeLoad } from '../integration/large-load.js';
import { freeBasePort, RealCluster } from '../integration/real-cluster.js';
import { Inspector } from './inspector.js';
import { processOwner } from './owner.js';

const COUNT = 64;
const ROUNDS = 3;
const MEBIBYTE = 1024 * 1024;

function percentile(times: readonly number[], share: number): string {
  const sorted = [...times].sort((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
}

/** In MiB, after a collection. */
async function buffersInUse(inspector: Inspector): Promise<number> {
  return (await inspector.memoryInUse()).arrayBuffers / MEBIBYTE;
}

const owner = processOwner();
const folder = mkdtempSync(join(tmpdir(), 'quorate-large-'));
owner.teardown(() => rmSync(folder, { recursive: true, force: true }));
const words = ['--base-port', String(await freeBasePort())];
const cluster = await RealCluster.start(owner, join(folder, 'data'), words);
const load = new LargeLoad(cluster.url('n1'), COUNT);
const works = [
  ['put bytes', () => load.put(false)],
  ['get bytes', () => load.get()],
  ['put JSON', () => load.put(true)],
  ['get JSON', () => load.get()],
] as const;
console.log(`${COUNT} values of 1 MiB at once at one node of three; the client is one process`);
console.log('| work | answers | p50 ms | small gets | p50 ms | p99 ms | failed | heap+buffers |');
console.log('|---|---|---|---|---|---|---|---|');
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, work] of works) {
    const { statuses, large, small, smallFailures, memoryBytes } = await work();
    const answers = [...statuses].map(([status, count]) => `${count} x ${status}`).join(', ');
    const cells = [name, answers, percentile(large, 0.5), small.length, percentile(small, 0.5)];
    const more = [percentile(small, 0.99), smallFailures];
    const memory = `${Math.round(memoryBytes / MEBIBYTE)} MiB`;
    console.log(`| ${[...cells, ...more, memory].join(' | ')} |`);
  }
}
console.log('| work | buffers in use before, MiB | most, MiB |');
console.log('|---|---|---|');
const inspector = await Inspector.open(cluster.pidOf('n1'));
for (const [name, work] of works) {
  const before = await buffersInUse(inspector);
  let most = before;
  let isDone = false;
  const done = work().finally(() => {
    isDone = true;
  });
  while (!isDone) most = Math.max(most, await buffersInUse(inspector));
  await done;
  console.log(`| ${name} | ${before.toFixed(0)} | ${most.toFixed(0)} |`);
}
await inspector.close();
load.close();
await cluster.end('SIGTERM');
