/** Two replicas of very many keys: the cost of an exchange without differences, and with 100. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Owner } from '../integration/real-cluster.js';
import type { LocalCluster } from '../partition/local-cluster.js';
import { areAlike, startCluster } from './convergence-cluster.js';
import type { PairFigures, Step } from './convergence-figures.js';
import { Meter } from './measured-transport.js';

const BATCH = 1000;
const DIFFERING = 100;
const HOUR_MILLISECONDS = 3_600_000;
/** Nothing happens by itself: each exchange is asked for, and no heartbeat is counted with it. */
const ON_REQUEST = {
  exchangeIntervalMilliseconds: HOUR_MILLISECONDS,
  scrubPeriodMilliseconds: 1000 * HOUR_MILLISECONDS,
  heartbeatIntervalMilliseconds: HOUR_MILLISECONDS,
};
const change = {
  state: 'value',
  contentType: 'application/json',
  value: Buffer.from(JSON.stringify('x'.repeat(98))),
  ttlSeconds: undefined,
} as const;
const INTENT = { change, seen: undefined, known: undefined, epoch: 1 };

export async function measurePair(owner: Owner, keyCount: number): Promise<PairFigures> {
  const meter = new Meter();
  const cluster = await startCluster(owner, ['n1', 'n2'], meter, ON_REQUEST);
  const bytesOfRecords = await fill(cluster, keyCount);
  const steps: Step[] = [];
  const measure = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    meter.reset();
    meter.isOn = true;
    const result = await work();
    meter.isOn = false;
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (performance.now() - began) / 1000;
    steps.push({ name, bytes: meter.bytes, cpuMilliseconds: (user + system) / 1000, seconds });
    return result;
  };
  await measure('identical, trees built for the first time', () => exchange(cluster, false));
  await measure('identical', () => exchange(cluster, false));
  for (let n = 0; n < DIFFERING; n += 1) {
    const at = cluster.recordKey(keyOf(Math.floor((n * keyCount) / DIFFERING)));
    await cluster.node('n1').replica.mint(at, INTENT, 'sync', () => undefined).committed;
  }
  const name = `${DIFFERING} differ: found by the trees alone (dry run)`;
  const found = await measure(name, () => exchange(cluster, true));
  await measure(`${DIFFERING} differ: found by the clocks, and repaired`, async () => {
    await exchange(cluster, false);
    while (!areAlike(cluster, 'n1', 'n2')) await sleep(50);
  });
  await measure('identical again', () => exchange(cluster, false));
  const identical = areAlike(cluster, 'n1', 'n2');
  await cluster.stop();
  return { keys: keyCount, bytesOfRecords, differing: DIFFERING, found, identical, steps };
}

/** Both nodes compare themselves with each other. @returns how many keys one found to differ */
async function exchange(cluster: LocalCluster, dryRun: boolean): Promise<number> {
  const reports = await cluster.node('n1').exchange.exchangeNow(undefined, dryRun);
  const peers = reports.flatMap(({ peers }) => peers);
  const error = [...reports, ...peers].find((report) => report.error !== undefined)?.error;
  if (error !== undefined) throw new Error(error);
  return Math.max(...peers.map(({ differences }) => differences));
}

/** As a node writes them, without the requests; both hold the same. */
async function fill(cluster: LocalCluster, keyCount: number): Promise<number> {
  const [one, other] = [cluster.node('n1').replica, cluster.node('n2').replica];
  let bytes = 0;
  for (let first = 0; first < keyCount; first += BATCH) {
    const merged: Promise<unknown>[] = [];
    for (let n = first; n < Math.min(keyCount, first + BATCH); n += 1) {
      const at = cluster.recordKey(keyOf(n));
      const minted = one.mint(at, INTENT, 'os', () => undefined);
      bytes += minted.value.bytes.length;
      merged.push(minted.committed, other.merge(at, minted.value.bytes, 'os'));
    }
    await Promise.all(merged);
  }
  return bytes;
}

function keyOf(n: number): string {
  return `key-${n}`;
}
