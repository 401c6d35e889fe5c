/** A thread of the long run (proof.ts): takes seeds, gives totals. */
import { parentPort } from 'node:worker_threads';
import { SeedBatch } from './seed-batch.js';
import type { SeedRange } from './seed-range.js';

parentPort?.on('message', ({ from, to }: SeedRange) => {
  const batch = new SeedBatch();
  const work = async (): Promise<void> => {
    for (let seed = from; seed <= to; seed += 1) await batch.run(seed);
    parentPort?.postMessage(batch.totals);
  };
  work().catch((error: unknown) => {
    setImmediate(() => {
      throw error;
    });
  });
});
