/**
 * `npm run proof -- [--seeds A..B] [--minutes M] [--jobs J]`: the long run. Seeds over all cores,
 * until they or the time are used up; a seed that fails joins known-seeds.json.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { addKnownSeed } from './known-seeds.js';
import { type BatchTotals, SeedBatch } from './seed-batch.js';
import { parseSeeds } from './seed-range.js';

/** Seeds that a thread takes at once. */
const PORTION = 10;
const PROGRESS_MILLISECONDS = 60_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1..200000' },
    minutes: { type: 'string', default: '600' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});
const range = parseSeeds(values.seeds);
const minutes = Number(values.minutes);
const jobs = Number(values.jobs);

if (range === undefined || !(minutes > 0) || !(jobs >= 1)) {
  console.error('usage: proof [--seeds A..B] [--minutes M] [--jobs J]');
  process.exitCode = 2;
} else {
  const batch = new SeedBatch();
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const progress = setInterval(() => {
    const { seeds, failed } = batch.totals;
    const rate = (seeds / seconds()).toFixed(2);
    console.error(`${seconds().toFixed(0)} s: ${seeds} seeds, ${failed.length} failed, ${rate}/s`);
  }, PROGRESS_MILLISECONDS);
  let next = range.from;
  /** The first seed of another portion; undefined: enough. */
  const take = (): number | undefined => {
    if (next > range.to || seconds() > 60 * minutes) return undefined;
    next += PORTION;
    return next - PORTION;
  };
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('proof-worker.js', import.meta.url));
      const give = (): void => {
        const from = take();
        if (from === undefined) void worker.terminate().then(() => resolve());
        else worker.postMessage({ from, to: Math.min(from + PORTION - 1, range.to) });
      };
      worker.on('message', (totals: BatchTotals) => {
        batch.add(totals);
        for (const failed of totals.failed) {
          console.log(`seed ${failed.seed}: ${failed.was}`);
          addKnownSeed(failed);
        }
        give();
      });
      worker.on('error', reject);
      give();
    });
  await Promise.all(Array.from({ length: jobs }, work));
  clearInterval(progress);
  console.log(batch.report(seconds()));
  const missing = batch.missing();
  if (missing.length > 0) console.log(`never happened: ${missing.join(', ')}`);
  process.exitCode = batch.totals.failed.length > 0 || missing.length > 0 ? 1 : 0;
}
