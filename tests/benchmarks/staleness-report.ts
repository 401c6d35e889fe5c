/**
 * `npm run staleness-report -- [seconds]`: which share of reads at bounded-staleness the nearest
 * replica answers alone under load, by the greatest age; what the questions to other owners cost.
 * Shares, counts and ratios of one run: times of the machine are left out.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeFrame } from '../../lib/encoding/frame.js';
import { ClockChanges } from '../../lib/replica/clock-changes.js';
import { testify } from '../../lib/staleness/testimony.js';
import { PartitionClock } from '../../lib/versioning/partition-clock.js';
import { freeBasePort, RealCluster } from '../integration/real-cluster.js';
import { STALENESS_SAMPLES } from '../unit/golden/staleness-samples.js';
import { metricsOf } from './node-metrics.js';
import { processOwner } from './owner.js';
import { cpuSeconds } from './process-figures.js';
import { wholeNumber } from '../whole-number.js';

const SECONDS = wholeNumber('the number of seconds', process.argv[2] ?? '10');
const KEYS = 1000;
const PARTITIONS = 256;
const READERS = 8;
const WRITERS = 2;
/** Between two writes of one writer. */
const WRITE_PAUSE_MILLISECONDS = 5;
const ROUNDS = 3;
const BASE = 'one';
const LEVELS = [BASE, ...['100ms', '1s', '10s'].map((max) => `bounded-staleness;max=${max}`)];
const IDS = ['n1', 'n2', 'n3'];
/** A read so often keeps the questions going. */
const IDLE_READ_MILLISECONDS = 20_000;

interface Tally {
  reads: number;
  near: number;
  cpu: number;
}

const keyOf = (n: number): string => `k${n % KEYS}`;
const any = (): number => Math.floor(Math.random() * KEYS);

const owner = processOwner();
const folder = mkdtempSync(join(tmpdir(), 'quorate-staleness-'));
owner.teardown(() => rmSync(folder, { recursive: true, force: true }));
const words = ['--base-port', String(await freeBasePort())];
const cluster = await RealCluster.start(owner, join(folder, 'data'), words);
const pids = IDS.map((id) => cluster.pidOf(id));

async function put(n: number): Promise<void> {
  const url = `${cluster.url(IDS[n % IDS.length] ?? 'n1')}/api/v1/kv/${keyOf(n)}`;
  const answer = await fetch(url, { method: 'PUT', body: `value ${n}` });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`a put was answered ${answer.status}`);
}

/** Did the nearest replica answer alone? */
async function get(n: number, level: string): Promise<boolean> {
  const url = `${cluster.url(IDS[n % IDS.length] ?? 'n1')}/api/v1/kv/${keyOf(any())}`;
  const answer = await fetch(url, { headers: { 'X-Consistency-Level': level } });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`a read was answered ${answer.status}`);
  return answer.headers.get('x-replicas') === '1/3';
}

/** Readers in a closed loop, while others write a key of any partition all the time. */
async function load(level: string, milliseconds: number, tally: Tally): Promise<void> {
  const end = performance.now() + milliseconds;
  const before = cpuSeconds(pids);
  const read = async (reader: number): Promise<void> => {
    for (let n = reader; performance.now() < end; n += 1) {
      const isNear = await get(n, level);
      tally.reads += 1;
      if (isNear) tally.near += 1;
    }
  };
  const write = async (): Promise<void> => {
    while (performance.now() < end) {
      await put(any());
      await sleep(WRITE_PAUSE_MILLISECONDS);
    }
  };
  const readers = Array.from({ length: READERS }, (_, i) => read(i));
  await Promise.all([...readers, ...Array.from({ length: WRITERS }, write)]);
  tally.cpu += cpuSeconds(pids) - before;
}

/** Questions that all nodes have asked. */
async function questions(): Promise<number> {
  let sum = 0;
  for (const id of IDS) {
    for (const [name, count] of await metricsOf(cluster.url(id))) {
      if (name.startsWith('quorate_staleness_questions_total{')) sum += count;
    }
  }
  return sum;
}

/** Bytes of a question and of its answer where nothing has changed, each in a frame of its own. */
function idleBytes(): number {
  const testify = STALENESS_SAMPLES.find(({ type }) => type.name === 'staleness.testify');
  const head = [1, 12_345, 'staleness.testify', 1, 123_456, 2000];
  const asked = encodeFrame([[...head, testify?.requests[1]]]).length;
  return asked + encodeFrame([[2, 12_345, testify?.replies[0]]]).length;
}

/** Bytes of an answer where something was written in each partition since, by so many writers. */
function busyBytes(writerCount: number): number {
  const shared = new Set(Array.from({ length: PARTITIONS }, (_, partition) => partition));
  const writers = Array.from({ length: writerCount }, (_, i) => `n${i + 1}.3.5ae9ab55c4d1`);
  const clocks = new Map<number, PartitionClock>();
  const changes = new ClockChanges();
  for (const partition of shared) {
    clocks.set(partition, PartitionClock.from(writers.map((writer) => [writer, 10_000, []])));
    for (const writer of writers) changes.noted(partition, writer);
  }
  const clockOf = (partition: number) => clocks.get(partition) ?? new PartitionClock();
  const held = { changes, clockOf, vouchesFor: () => true, accepted: () => new Map() };
  const reporting = { held, life: 'AbCd-_012345', shared, pageBytesMax: Number.POSITIVE_INFINITY };
  return encodeFrame([[2, 12_345, testify(reporting, { life: '', since: 0 })]]).length;
}

for (let n = 0; n < KEYS; n += 1) await put(n);
const tallies = new Map<string, Tally>(
  LEVELS.map((level) => [level, { reads: 0, near: 0, cpu: 0 }]),
);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const level of LEVELS) {
    const tally = tallies.get(level);
    // The first read asks the others: what it begins is there after a moment.
    await load(level, 500, { reads: 0, near: 0, cpu: 0 });
    if (tally !== undefined) await load(level, (1000 * SECONDS) / ROUNDS, tally);
  }
}
const base = tallies.get(BASE) ?? { reads: 1, near: 1, cpu: 1 };
console.log(`node ${process.version}, three nodes, ${READERS} readers, ${WRITERS} writers`);
console.log(
  '| level | answered by the near replica alone | reads / at one | CPU a read / at one |',
);
console.log('|---|---|---|---|');
for (const [level, { reads, near, cpu }] of tallies) {
  const share = ((100 * near) / reads).toFixed(1);
  const cost = cpu / reads / (base.cpu / base.reads);
  console.log(
    `| ${level} | ${share} % | ${(reads / base.reads).toFixed(2)} | ${cost.toFixed(2)} |`,
  );
}

/** Nothing but the questions. */
async function idle(milliseconds: number, level: string | undefined): Promise<number> {
  const before = cpuSeconds(pids);
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    if (level !== undefined) for (let i = 0; i < IDS.length; i += 1) await get(i, level);
    await sleep(Math.min(IDLE_READ_MILLISECONDS, Math.max(0, end - performance.now())));
  }
  return cpuSeconds(pids) - before;
}

const seconds = Math.max(5, SECONDS);
console.log(
  `| idle for ${seconds} s | questions a pair and second | bytes a pair and second | CPU |`,
);
console.log('|---|---|---|---|');
const pairs = IDS.length * (IDS.length - 1);
for (const level of [`bounded-staleness;max=100ms`, undefined]) {
  // What was wanted before is forgotten after a minute.
  if (level === undefined) await sleep(61_000);
  const asked = await questions();
  const cpu = await idle(1000 * seconds, level);
  const each = ((await questions()) - asked) / seconds / pairs;
  const share = `${((100 * cpu) / seconds / IDS.length).toFixed(1)} % of a core a node`;
  const bytes = Math.round(each * idleBytes());
  console.log(`| ${level ?? 'nobody wants it'} | ${each.toFixed(1)} | ${bytes} | ${share} |`);
}
console.log('| something was written since in all of 256 partitions | bytes of an answer |');
console.log('|---|---|');
for (const count of [1, 3]) console.log(`| by ${count} of its owners | ${busyBytes(count)} |`);
await cluster.end('SIGTERM');
