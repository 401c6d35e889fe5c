/** Puts and gets on a node that holds very many keys. */
import type { CostContext, CostFigure } from './cost-figures.js';
import { measurePoint } from './cost-figures.js';
import { fillStore } from './filled-store.js';
import { singleNode } from './single-node.js';
import type { System } from './system.js';
import { workOf } from './system.js';
import { stop, until } from './systems/process.js';
import { QUORATE_WORKS } from './systems/quorate.js';

const VALUE_BYTES = 100;
const VALUE = 'y'.repeat(VALUE_BYTES - 2);
const CONNECTIONS = 64;
/** Asked for, spread evenly over all keys: more than any cache of the node holds. */
const SAMPLE = 100_000;
/** Coprime to every round number. */
const STRIDE = 7919;

export async function measureKeys(
  points: readonly number[],
  context: CostContext,
): Promise<CostFigure[]> {
  const figures: CostFigure[] = [];
  for (const keys of points) figures.push(...(await measureOne(keys, context)));
  return figures;
}

async function measureOne(keys: number, context: CostContext): Promise<CostFigure[]> {
  const place = await singleNode('cost');
  const filling = { directory: place.store, keys, valueBytes: VALUE_BYTES, endsAt: undefined };
  await fillStore(filling);
  const node = place.start();
  const { endpoint } = place;
  try {
    await until('the node', async () => (await fetch(`${endpoint}/readyz`)).status === 200);
    const system: System = {
      ...{ name: `one node, ${keys} keys`, version: '', synced: '', endpoints: [endpoint] },
      ...{ pids: [node.pid ?? 0], works: QUORATE_WORKS, keeps: undefined },
      stop: () => stop(node),
    };
    const sample = Math.min(keys, SAMPLE);
    const step = keys / sample;
    const figures: CostFigure[] = [];
    for (const name of ['get one', 'put one']) {
      const work = workOf(system, name);
      const requests = Array.from({ length: sample }, (_, i) =>
        work.request(`key-${Math.floor(((i * STRIDE) % sample) * step)}`, VALUE),
      );
      const point = { system, work, name, x: keys, connections: CONNECTIONS };
      figures.push(await measurePoint({ ...point, requests: () => requests }, context));
    }
    return figures;
  } finally {
    await stop(node);
    await place.remove();
  }
}
