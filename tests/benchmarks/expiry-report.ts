/** What a million values that end at once cost: `npm run expiry-report`. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from './process-figures.js';
import { fillStore } from './filled-store.js';
import { eventLoopDelayIn, metricsOf } from './node-metrics.js';
import { type SingleNode, singleNode } from './single-node.js';
import { stop, until } from './systems/process.js';
import { wholeNumber } from '../whole-number.js';

const KEYS = wholeNumber('the number of keys', process.argv[2] ?? '1000000');
const VALUE_BYTES = 100;
const QUIET_MILLISECONDS = 15_000;
const REAPING_SECONDS_MAX = 1200;
/** A light load: it shows what a request meets, and leaves the node time for the reaper. */
const CLIENTS = 8;
const THINK_MILLISECONDS = 20;
const LATENCY_RATIO_MAX = 2;

const MEBIBYTE = 1024 * 1024;
const HEADERS = { 'Content-Type': 'application/json' };

interface Phase {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
  /** Of the event loop of the node: the worst of the seconds, and the median of them. */
  readonly lagP99: number;
  readonly lagP99Max: number;
  readonly residentBytes: number;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Puts and gets in turn, until told to stop; milliseconds of each. */
async function client(place: SingleNode, number: number, on: () => boolean): Promise<number[]> {
  const took: number[] = [];
  for (let n = 0; on(); n += 1) {
    await sleep(THINK_MILLISECONDS);
    const url = `${place.endpoint}/api/v1/kv/live-${number}-${(n >> 1) % 100}`;
    const put = { method: 'PUT', headers: HEADERS, body: `{"value":${n}}` };
    const began = performance.now();
    const answer = await fetch(url, n % 2 === 0 ? put : {});
    await answer.arrayBuffer();
    took.push(performance.now() - began);
    if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  }
  return took;
}

/** Load and looks at the metrics, until `over` says so. */
async function phase(
  place: SingleNode,
  node: ChildProcess,
  over: (metrics: ReadonlyMap<string, number>, seconds: number) => boolean,
): Promise<Phase> {
  let on = true;
  const clients = Array.from({ length: CLIENTS }, (_, number) => client(place, number, () => on));
  const began = performance.now();
  const cpuBefore = cpuSeconds([node.pid ?? 0]);
  const lags: number[] = [];
  let residentBytes = 0;
  let seconds = 0;
  await metricsOf(place.endpoint);
  for (;;) {
    await sleep(1000);
    const metrics = await metricsOf(place.endpoint);
    lags.push(eventLoopDelayIn(metrics) ?? Number.NaN);
    residentBytes = Math.max(residentBytes, metrics.get('process_resident_memory_bytes') ?? 0);
    seconds = (performance.now() - began) / 1000;
    if (over(metrics, seconds)) break;
  }
  const cpu = cpuSeconds([node.pid ?? 0]) - cpuBefore;
  on = false;
  const took = (await Promise.all(clients)).flat().sort((a, b) => a - b);
  lags.sort((a, b) => a - b);
  return {
    ...{ seconds, cpuSeconds: cpu, requests: took.length, residentBytes },
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    lagP99: quantile(lags, 0.5),
    lagP99Max: lags.at(-1) ?? Number.NaN,
  };
}

function row(name: string, of: Phase): string {
  const numbers = [of.seconds, of.cpuSeconds, of.p50, of.p99, of.lagP99, of.lagP99Max];
  const cells = [name, ...numbers.map((number) => number.toFixed(1))];
  return `| ${[...cells, Math.round(of.residentBytes / MEBIBYTE), of.requests].join(' | ')} |`;
}

async function fill(endsAt: number | undefined): Promise<SingleNode> {
  const place = await singleNode('expiry');
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  await fillStore({ directory: place.store, keys: KEYS, valueBytes: VALUE_BYTES, endsAt });
  const { user, system } = process.cpuUsage(cpu);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const used = ((user + system) / 1e6).toFixed(1);
  const what = endsAt === undefined ? 'without' : 'with';
  console.log(`${KEYS} keys written ${what} a time to live in ${seconds} s, ${used} s of CPU`);
  return place;
}

async function run(place: SingleNode, flags: readonly string[]): Promise<ChildProcess> {
  const node = place.start(flags);
  await until('the node', async () => (await fetch(`${place.endpoint}/readyz`)).status === 200);
  return node;
}

console.log(`node ${process.version}, values of ${VALUE_BYTES} bytes`);
await (await fill(undefined)).remove();
const place = await fill(Date.now());
let node = await run(place, ['--expiry-reap-interval-milliseconds', '1h']);
const quiet = await phase(place, node, (_, seconds) => seconds * 1000 >= QUIET_MILLISECONDS);
await stop(node);
node = await run(place, []);
const reaped = (metrics: ReadonlyMap<string, number>): number =>
  metrics.get('quorate_expired_values_total') ?? 0;
const reaping = await phase(place, node, (metrics, seconds) => {
  if (seconds > REAPING_SECONDS_MAX) throw new Error(`only ${reaped(metrics)} were reaped`);
  return reaped(metrics) >= KEYS;
});
await stop(node);
await place.remove();
console.log('| | s | CPU s | p50 ms | p99 ms | lag p99 ms | worst | RSS MiB | requests |');
console.log('|---|---|---|---|---|---|---|---|---|');
console.log(row('quiet', quiet));
console.log(row('reaping', reaping));
const ratio = reaping.p99 / quiet.p99;
console.log(`reaped ${Math.round(KEYS / reaping.seconds)} keys/s`);
console.log(
  `p99 of requests ${ratio.toFixed(2)} times its quiet value (at most ${LATENCY_RATIO_MAX})`,
);
process.exitCode = ratio <= LATENCY_RATIO_MAX ? 0 : 1;
