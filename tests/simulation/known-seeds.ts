/** The seeds that ever failed: they are always run, and a new failure joins them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const COLUMNS_MAX = 100;
const PATH = 'tests/simulation/known-seeds.json';

const knownSeeds = z.array(z.strictObject({ seed: z.number().int(), was: z.string() }));
export type KnownSeed = z.infer<typeof knownSeeds>[number];

/** From the working folder, as all tests run from the root of the repository. */
export function readKnownSeeds(): KnownSeed[] {
  return knownSeeds.parse(JSON.parse(readFileSync(PATH, 'utf8')));
}

export function addKnownSeed(added: KnownSeed): void {
  const known = readKnownSeeds();
  if (known.some(({ seed }) => seed === added.seed)) return;
  const entries = [...known, added].map(({ seed, was }) => {
    const text = JSON.stringify(was);
    const line = `  { "seed": ${seed}, "was": ${text} }`;
    // As the formatter has it.
    const isLong = line.length >= COLUMNS_MAX;
    return isLong ? `  {\n    "seed": ${seed},\n    "was": ${text}\n  }` : line;
  });
  writeFileSync(PATH, `[\n${entries.join(',\n')}\n]\n`);
}
