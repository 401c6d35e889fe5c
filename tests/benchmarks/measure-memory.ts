/** Memory of a node with very many keys: at its start, and while they are overwritten. */
import { fillStore } from './filled-store.js';
import { OpenLoad } from './open-load.js';
import { residentBytes } from './process-figures.js';
import { median } from './report.js';
import { singleNode } from './single-node.js';
import { stop, until } from './systems/process.js';

const VALUE_BYTES = 100;
const CONNECTIONS = 32;
const PATIENCE_MILLISECONDS = 10_000;
const SAMPLE_MILLISECONDS = 250;
/** Coprime to every round number of keys. */
const STRIDE = 7919;

export interface MemoryFigures {
  readonly startedBytes: number;
  readonly highestBytes: number;
  /** The median of the last fifth of the samples over that of the second. */
  readonly growth: number;
  readonly perSecond: number;
}

/** @throws Error where a put is refused */
export async function measureMemory(keys: number, seconds: number): Promise<MemoryFigures> {
  const place = await singleNode('memory');
  const filling = { directory: place.store, keys, valueBytes: VALUE_BYTES, endsAt: undefined };
  await fillStore(filling);
  const node = place.start();
  const pid = node.pid ?? 0;
  try {
    await until('the node', async () => (await fetch(`${place.endpoint}/readyz`)).status === 200);
    const startedBytes = residentBytes(pid);
    const samples: number[] = [];
    const sampler = setInterval(() => samples.push(residentBytes(pid)), SAMPLE_MILLISECONDS);
    const body = JSON.stringify({ value: 'y'.repeat(VALUE_BYTES - 2) });
    let failures = 0;
    const load = new OpenLoad({
      endpoints: [place.endpoint],
      perSecond: Number.POSITIVE_INFINITY,
      connections: CONNECTIONS,
      patienceMilliseconds: PATIENCE_MILLISECONDS,
      request: (n) => ({
        method: 'PUT',
        path: `/api/v1/kv/key-${(n * STRIDE) % keys}`,
        headers: { 'Content-Type': 'application/json' },
        body,
      }),
      onAnswer: ({ status }) => {
        if (status !== 200) failures += 1;
      },
    });
    await load.run(seconds);
    clearInterval(sampler);
    if (failures > 0) throw new Error(`${failures} overwrites failed`);
    return {
      startedBytes,
      highestBytes: Math.max(...samples),
      growth: growthOf(samples),
      perSecond: load.sent / seconds,
    };
  } finally {
    await stop(node);
    await place.remove();
  }
}

/** What rises in the first fifth is warming up. */
export function growthOf(samples: readonly number[]): number {
  const fifth = Math.floor(samples.length / 5);
  return median(samples.slice(-fifth)) / median(samples.slice(fifth, 2 * fifth));
}
