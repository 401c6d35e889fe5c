/**
 * `node dist/tests/simulation/simulate.js --seed N [--verbose]` or `--seeds A..B [--first]`; see
 * docs/testing.md.
 */
import { parseArgs } from 'node:util';
import { SeedBatch } from './seed-batch.js';
import { simulate } from './simulation.js';

const USAGE = 'usage: simulate --seed N [--verbose] | --seeds A..B [--first]';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    /** Stop at the first failure. */
    first: { type: 'boolean', default: false },
  },
});

if (values.seed !== undefined && /^\d+$/.test(values.seed)) {
  const narrate = values.verbose ? (line: string) => console.log(line) : undefined;
  const result = await simulate(Number(values.seed), narrate);
  for (const { checker, key, message } of result.findings) {
    console.log(`! ${checker} ${key}: ${message}`);
  }
  const { digest, events, virtualMilliseconds } = result;
  console.log(JSON.stringify({ seed: result.seed, digest, events, virtualMilliseconds }));
  process.exitCode = result.findings.length > 0 ? 1 : 0;
} else if (values.seeds !== undefined && /^\d+\.\.\d+$/.test(values.seeds)) {
  const [from = 0, to = 0] = values.seeds.split('..').map(Number);
  const batch = new SeedBatch();
  const started = performance.now();
  for (let seed = from; seed <= to; seed += 1) {
    const { findings } = await batch.run(seed);
    const [first] = findings;
    if (first === undefined) continue;
    const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
    console.log(`seed ${seed}: ${first.checker} ${first.key}: ${first.message}${more}`);
    if (values.first) break;
  }
  console.log(batch.report((performance.now() - started) / 1000));
  process.exitCode = batch.failed.length > 0 ? 1 : 0;
} else {
  console.error(USAGE);
  process.exitCode = 2;
}
