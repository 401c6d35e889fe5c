/** Seeds as tests: no findings, and everything rare has happened. */
import type { Test } from 'tap';
import { addKnownSeed, readKnownSeeds } from './known-seeds.js';
import { SeedBatch } from './seed-batch.js';

/** For slow machines, and busy ones: three minutes are enough for one that is neither. */
export const PATIENCE_MILLISECONDS = 1_100_000;

export async function runSeeds(t: Test, from: number, to: number): Promise<void> {
  const batch = new SeedBatch();
  const started = performance.now();
  for (let seed = from; seed <= to; seed += 1) {
    const was = await batch.run(seed);
    if (was === undefined) continue;
    addKnownSeed({ seed, was });
    t.fail(`seed ${seed}: ${was}`, {
      replay: `node dist/tests/simulation/simulate.js --verbose --seed ${seed}`,
    });
  }
  t.equal(batch.totals.failed.length, 0, `${to - from + 1} seeds without findings`);
  t.strictSame(batch.missing(), [], 'everything rare has happened');
  t.comment(batch.report((performance.now() - started) / 1000));
}

/** The seeds that failed once, wherever they lie. */
export async function runKnownSeeds(t: Test): Promise<void> {
  const batch = new SeedBatch();
  for (const { seed, was } of readKnownSeeds()) {
    t.equal(await batch.run(seed), undefined, `seed ${seed}; it was: ${was}`);
  }
}
