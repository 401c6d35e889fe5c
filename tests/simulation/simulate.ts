/**
 * `npm run simulate -- --seed N [--verbose]` or `--seeds A..B [--first] [--visits]`; see
 * docs/testing.md.
 */
import { parseArgs } from 'node:util';
import { SeedBatch } from './seed-batch.js';
import { parseSeeds } from './seed-range.js';
import { simulate } from './simulation.js';

const USAGE = 'usage: simulate --seed N [--verbose] | --seeds A..B [--first] [--visits]';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    /** Stop at the first failure. */
    first: { type: 'boolean', default: false },
    /** Print how often what is rare was visited, as a table, and nothing else at the end. */
    visits: { type: 'boolean', default: false },
  },
});

const range = parseSeeds(values.seeds);
if (values.seed !== undefined && /^\d+$/.test(values.seed)) {
  const narrate = values.verbose ? (line: string) => console.log(line) : undefined;
  const result = await simulate(Number(values.seed), narrate);
  for (const { checker, key, message } of result.findings) {
    console.log(`! ${checker} ${key}: ${message}`);
  }
  const { digest, events, virtualMilliseconds } = result;
  console.log(JSON.stringify({ seed: result.seed, digest, events, virtualMilliseconds }));
  process.exitCode = result.findings.length > 0 ? 1 : 0;
} else if (range !== undefined) {
  const batch = new SeedBatch();
  const started = performance.now();
  for (let seed = range.from; seed <= range.to; seed += 1) {
    const was = await batch.run(seed);
    if (was === undefined) continue;
    console.log(`seed ${seed}: ${was}`);
    if (values.first) break;
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(values.visits ? batch.visits() : batch.report(seconds));
  process.exitCode = batch.totals.failed.length > 0 ? 1 : 0;
} else {
  console.error(USAGE);
  process.exitCode = 2;
}
