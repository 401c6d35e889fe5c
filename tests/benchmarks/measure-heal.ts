/** Many keys written on one side of a cut, and the seconds until the other side holds them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Owner } from '../integration/real-cluster.js';
import type { LocalCluster } from '../partition/local-cluster.js';
import { areAlike, countRecords, startCluster } from './convergence-cluster.js';
import type { HealFigures, Sample } from './convergence-figures.js';
import { Meter } from './measured-transport.js';

const VALUE = 'x'.repeat(100);
const WRITERS = 64;
const SAMPLE_MILLISECONDS = 250;
const PATIENCE_SECONDS = 300;
const PUT_MILLISECONDS = 60_000;

export async function measureHeal(owner: Owner, keyCount: number): Promise<HealFigures> {
  const meter = new Meter();
  const cluster = await startCluster(owner, ['n1', 'n2', 'n3'], meter, {});
  const keys = Array.from({ length: keyCount }, (_, n) => `key-${n}`);
  await cluster.cutApart([['n1', 'n2'], ['n3']]);
  const samples: { at: number; differing: number }[] = [];
  const sampler = setInterval(() => {
    const differing = countRecords(cluster, 'n1') - countRecords(cluster, 'n3');
    samples.push({ at: performance.now(), differing });
  }, SAMPLE_MILLISECONDS);
  const began = performance.now();
  await writeAll(cluster, keys);
  const written = performance.now();
  // Both writers hold all of it; what differs is the other side.
  while (!areAlike(cluster, 'n1', 'n2')) await sleep(SAMPLE_MILLISECONDS);
  meter.isOn = true;
  const healed = performance.now();
  cluster.heal();
  await untilAlike(cluster, healed);
  const convergedSeconds = (performance.now() - healed) / 1000;
  meter.isOn = false;
  await sleep(4 * SAMPLE_MILLISECONDS);
  clearInterval(sampler);
  const figures = {
    ...{ keys: keyCount, convergedSeconds, writeSeconds: (written - began) / 1000 },
    bytesOnTheWire: meter.bytes,
    bytesOfRecords: bytesOf(cluster, keys),
    different: differentKeys(cluster, keys),
    samples: samples.map(
      ({ at, differing }): Sample => ({ seconds: (at - healed) / 1000, differing }),
    ),
  };
  await cluster.stop();
  return figures;
}

async function writeAll(cluster: LocalCluster, keys: readonly string[]): Promise<void> {
  const rest = keys.values();
  const writer = async (at: string): Promise<void> => {
    for (const key of rest)
      await cluster.put(at, key, VALUE, 'quorum', undefined, PUT_MILLISECONDS);
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, n) => writer(n % 2 === 0 ? 'n1' : 'n2')));
}

/** By the trees, which nobody has to read for. */
async function untilAlike(cluster: LocalCluster, since: number): Promise<void> {
  while (!areAlike(cluster, 'n1', 'n3') || !areAlike(cluster, 'n2', 'n3')) {
    if (performance.now() - since > PATIENCE_SECONDS * 1000) throw new Error('never alike');
    await sleep(SAMPLE_MILLISECONDS / 5);
  }
}

function differentKeys(cluster: LocalCluster, keys: readonly string[]): number {
  return keys.filter((key) => {
    const held = ['n1', 'n2', 'n3'].map((id) => cluster.held(id, key));
    return held.some(
      ({ fingerprint }) => fingerprint === '' || fingerprint !== held[0]?.fingerprint,
    );
  }).length;
}

function bytesOf(cluster: LocalCluster, keys: readonly string[]): number {
  return keys.reduce((sum, key) => sum + (cluster.stored('n1', key)?.length ?? 0), 0);
}
